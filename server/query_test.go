package server

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/store"
)

// asker is a CA whose queries do what they may not.
type asker struct {
	N    int
	Deep map[string][]int
}

func (a *asker) Open(tx *Tx) (Channel, error) {
	a.Deep = map[string][]int{"a": {1, 2}}
	if err := tx.Map("board").Set("a", 1); err != nil {
		return Channel{}, err
	}
	if err := tx.OnQuery("q", "*", "OnAsked"); err != nil {
		return Channel{}, err
	}
	return tx.Channel("a", everything)
}

func (a *asker) Count(*Tx) int                     { return a.N }
func (a *asker) OnFetched(*Tx, Fetched) error      { return nil }
func (a *asker) OnEvent(*Tx, Event) error          { return nil }
func (a *asker) OnChange(*Tx, Change) error        { return nil }
func (a *asker) OnSaid(*Tx, Message[string]) error { return nil }

func (a *asker) OnAsked(tx *Tx, q Query) (int, error) {
	if do := forbidden[q.Name]; do != nil {
		do(tx, a)
	} else if do := harmless[q.Name]; do != nil {
		do(tx)
	}
	return a.N, nil
}

// forbidden is all that changes something, by the names of methods: of Tx, or of what it gives.
var forbidden = map[string]func(*Tx, *asker){
	"the-state":  func(_ *Tx, a *asker) { a.N++ },
	"deep-in-it": func(_ *Tx, a *asker) { a.Deep["a"][1]++ },
	"state-and-panic": func(tx *Tx, a *asker) {
		a.N++
		defer func() { _ = recover() }()
		tx.Send("bob/home", "Count")
		panic("as asked")
	},

	"Send":        func(tx *Tx, _ *asker) { tx.Send("bob/home", "Count") },
	"Notify":      func(tx *Tx, _ *asker) { tx.Notify("*", 1) },
	"Destroy":     func(tx *Tx, _ *asker) { tx.Destroy() },
	"At":          func(tx *Tx, _ *asker) { tx.At(tx.Now(), "Count") },
	"After":       func(tx *Tx, _ *asker) { tx.After(time.Second, "Count") },
	"Every":       func(tx *Tx, _ *asker) { tx.Every(time.Second, "Count") },
	"Cancel":      func(tx *Tx, _ *asker) { tx.Cancel(1) },
	"Fetch":       func(tx *Tx, _ *asker) { tx.Fetch(Request{URL: "https://wab.example/"}, "OnFetched") },
	"CancelFetch": func(tx *Tx, _ *asker) { tx.CancelFetch(1) },
	"Publish":     func(tx *Tx, _ *asker) { tx.Publish("news", 1) },
	"Subscribe":   func(tx *Tx, _ *asker) { _ = tx.Subscribe("forum/party", "OnSaid") },
	"Unsubscribe": func(tx *Tx, _ *asker) { _, _ = tx.Unsubscribe("forum/party") },
	"Allow":       func(tx *Tx, _ *asker) { _ = tx.Allow(Anyone(), "Count") },
	"Deny":        func(tx *Tx, _ *asker) { _ = tx.Deny(Principal("bob"), "Count") },
	"Revoke":      func(tx *Tx, _ *asker) { tx.Revoke(Principal("bob"), "Count") },
	"Watch":       func(tx *Tx, _ *asker) { _ = tx.Watch("board", "OnChange") },
	"Unwatch":     func(tx *Tx, _ *asker) { tx.Unwatch("board") },

	"Channel":            func(tx *Tx, _ *asker) { _, _ = tx.Channel("b", everything) },
	"RemoveChannel":      func(tx *Tx, _ *asker) { tx.RemoveChannel("a") },
	"a-first-Doorbell":   func(tx *Tx, _ *asker) { _, _ = tx.Doorbell() },
	"Link":               func(tx *Tx, _ *asker) { _, _ = tx.Link("bob@wab.example", Relationship{}) },
	"LinkEngine":         func(tx *Tx, _ *asker) { _, _ = tx.LinkEngine("https://wab.example", "x", Relationship{}) },
	"Approve":            func(tx *Tx, _ *asker) { _ = tx.Approve("x", everything) },
	"Refuse":             func(tx *Tx, _ *asker) { _ = tx.Refuse("x", "") },
	"EndSubscription":    func(tx *Tx, _ *asker) { _ = tx.EndSubscription("x") },
	"SubscriptionAllows": func(tx *Tx, _ *asker) { _ = tx.SubscriptionAllows("x", everything) },
	"RaiseOn":            func(tx *Tx, _ *asker) { _, _ = tx.RaiseOn("x", "a", "b", nil) },
	"RaiseTo":            func(tx *Tx, _ *asker) { _, _ = tx.RaiseTo("", "a", "b", nil) },
	"DoorbellAllows":     func(tx *Tx, _ *asker) { _ = tx.DoorbellAllows(everything) },
	"Invite":             func(tx *Tx, _ *asker) { _, _ = tx.Invite(everything, time.Hour) },
	"RevokeInvitations":  func(tx *Tx, _ *asker) { tx.RevokeInvitations() },
	"PublishCard":        func(tx *Tx, _ *asker) { _ = tx.PublishCard(Card{Name: "A"}) },
	"HideCard":           func(tx *Tx, _ *asker) { tx.HideCard() },
	"On":                 func(tx *Tx, _ *asker) { _ = tx.On("a", "b", "OnEvent") },
	"Off":                func(tx *Tx, _ *asker) { tx.Off("a", "b", "OnEvent") },
	"OnQuery":            func(tx *Tx, _ *asker) { _ = tx.OnQuery("a", "b", "OnAsked") },
	"OffQuery":           func(tx *Tx, _ *asker) { tx.OffQuery("q", "*", "OnAsked") },
	"Raise":              func(tx *Tx, _ *asker) { tx.Raise("a", "b", nil) },
	"RaiseAt":            func(tx *Tx, _ *asker) { tx.RaiseAt(tx.Now(), "a", "b", nil) },
	"RaiseEvery":         func(tx *Tx, _ *asker) { tx.RaiseEvery(time.Second, "a", "b", nil) },

	"Map.Set":    func(tx *Tx, _ *asker) { _ = tx.Map("board").Set("b", 2) },
	"Map.Delete": func(tx *Tx, _ *asker) { _, _ = tx.Map("board").Delete("a") },
	"Map.Clear":  func(tx *Tx, _ *asker) { _ = tx.Map("board").Clear() },
	"Map.Def":    func(tx *Tx, _ *asker) { _ = tx.Map("board").Def("f", "def f(m):\n    return 1\n") },
	"Map.Undef":  func(tx *Tx, _ *asker) { _, _ = tx.Map("board").Undef("f") },

	"Room.Open":    func(tx *Tx, _ *asker) { _ = tx.Call("hall").Open() },
	"Room.Close":   func(tx *Tx, _ *asker) { _ = tx.Call("hall").Close() },
	"Room.Admit":   func(tx *Tx, _ *asker) { _ = tx.Call("hall").Admit("bob") },
	"Room.AdmitTo": func(tx *Tx, _ *asker) { _ = tx.Call("hall").AdmitTo(Anyone()) },
	"Room.Dismiss": func(tx *Tx, _ *asker) { _ = tx.Call("hall").Dismiss(Anyone()) },
	"Room.Remove":  func(tx *Tx, _ *asker) { _ = tx.Call("hall").Remove("bob") },
	"Room.Mute":    func(tx *Tx, _ *asker) { _ = tx.Call("hall").Mute("bob") },
	"Room.Unmute":  func(tx *Tx, _ *asker) { _ = tx.Call("hall").Unmute("bob") },
	"Room.Lock":    func(tx *Tx, _ *asker) { _ = tx.Call("hall").Lock(true) },
	"Room.Mode":    func(tx *Tx, _ *asker) { _ = tx.Call("hall").Mode(Heads) },
	"Room.Limit":   func(tx *Tx, _ *asker) { _ = tx.Call("hall").Limit(3) },

	"Device.Forget":       func(tx *Tx, _ *asker) { _ = tx.Device("lamp").Forget() },
	"Device.Token":        func(tx *Tx, _ *asker) { _, _ = tx.Device("lamp").Token(0) },
	"Device.Run":          func(tx *Tx, _ *asker) { _ = tx.Device("lamp").Run(NewBundle().Do("on"), time.Minute) },
	"Device.RunAt":        func(tx *Tx, _ *asker) { _ = tx.Device("lamp").RunAt(tx.Now(), NewBundle().Do("on")) },
	"Device.RunWithMedia": func(tx *Tx, _ *asker) { _ = tx.Device("lamp").RunWithMedia(NewBundle().Do("on"), Moment{}) },
}

// harmless is what reads, or makes a value.
var harmless = map[string]func(*Tx){
	"Self": func(tx *Tx) { tx.Self() }, "Caller": func(tx *Tx) { tx.Caller() }, "Now": func(tx *Tx) { tx.Now() }, "Log": func(tx *Tx) { tx.Log("read") },
	"PublicURL": func(tx *Tx) { tx.PublicURL() }, "ChannelOf": func(tx *Tx) { tx.ChannelOf("a") }, "Channels": func(tx *Tx) { _, _ = tx.Channels() },
	"DeadLetters": func(tx *Tx) { _, _ = tx.DeadLetters(9) }, "Explain": func(tx *Tx) { _, _, _ = tx.Explain("bob", "Count") }, "History": func(tx *Tx) { _, _ = tx.History("bob") },
	"Ledger": func(tx *Tx) { _, _ = tx.Ledger(9) }, "Direct": func(tx *Tx) { tx.Direct("a", nil) }, "Inbox": func(tx *Tx) { tx.Inbox() }, "HasCard": func(tx *Tx) { tx.HasCard() },
	"Subscription": func(tx *Tx) { tx.Subscription("x") }, "Subscriptions": func(tx *Tx) { tx.Subscriptions() }, "Read": func(tx *Tx) { _, _ = tx.Read("bob/home/board") },
	"Rooms": func(tx *Tx) { tx.Rooms() }, "Devices": func(tx *Tx) { tx.Devices() }, "Call": func(tx *Tx) { tx.Call("hall") }, "Device": func(tx *Tx) { tx.Device("lamp") },
	"Map": func(tx *Tx) { tx.Map("board").Len() }, "Doorbell": func(*Tx) {},

	"Map.All": func(tx *Tx) {
		for range tx.Map("board").All() {
			break
		}
	},
	"Map.Get": func(tx *Tx) { _, _ = tx.Map("board").Get("a", new(int)) }, "Map.Has": func(tx *Tx) { tx.Map("board").Has("a") }, "Map.Len": func(tx *Tx) { tx.Map("board").Len() },
	"Map.Version": func(tx *Tx) { tx.Map("board").Version() }, "Map.Call": func(tx *Tx) { _ = tx.Map("board").Call(nil, "f") },
	"Room.Name": func(tx *Tx) { tx.Call("hall").Name() }, "Room.IsOpen": func(tx *Tx) { tx.Call("hall").IsOpen() }, "Room.People": func(tx *Tx) { tx.Call("hall").People() },
	"Device.Name": func(tx *Tx) { tx.Device("lamp").Name() }, "Device.Known": func(tx *Tx) { tx.Device("lamp").Known() }, "Device.Online": func(tx *Tx) { tx.Device("lamp").Online() },
	"Device.Desired": func(tx *Tx) { tx.Device("lamp").Desired() }, "Device.Reported": func(tx *Tx) { tx.Device("lamp").Reported() }, "Device.Shared": func(tx *Tx) { tx.Device("lamp").Shared() },
}

// revision rises with whatever is written of alice's CA.
func (k *kit) revision(ca string) store.Rev {
	k.t.Helper()
	rev, err := k.store.Load(ca, nil, func(_, _ []byte) error { return nil })
	if err != nil {
		k.t.Fatal(err)
	}
	return rev
}

func newAsker(t *testing.T) (k *kit, eci string) {
	k = newKit(t, App{Name: "asker", New: func() CA { return new(asker) }})
	k.url = "https://asker.example"
	k.restart()
	return k, ask[Channel](k, "alice", "asker/alice/home/Open", `[]`).ECI
}

func TestCHAN1_AQueryThatChangesAnythingIsUndoneWhole(t *testing.T) {
	k, eci := newAsker(t)
	before := k.revision("asker:alice/home")
	for _, name := range slices.Sorted(maps.Keys(forbidden)) {
		w := k.visit(http.MethodGet, "/sky/cloud/"+eci+"/q/"+name, "")
		for _, word := range []string{"OnAsked answers a query, which changes nothing", "Tx.On"} {
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), word) {
				t.Errorf("%s: %d %s lacks %q", name, w.Code, w.Body, word)
			}
		}
	}
	if after := k.revision("asker:alice/home"); after != before {
		t.Errorf("queries have written: revision %d, was %d", after, before)
	}
	k.want("alice", "asker/alice/home/Count", `[]`, "0")
	k.restart()
	k.want("alice", "asker/alice/home/Count", `[]`, "0")
}

func TestCHAN1_AQueryMayReadAllThereIs(t *testing.T) {
	k, eci := newAsker(t)
	before := k.revision("asker:alice/home")
	for name := range harmless {
		if w := k.visit(http.MethodGet, "/sky/cloud/"+eci+"/q/"+name, ""); w.Code != http.StatusOK || w.Body.String() != "0" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if after := k.revision("asker:alice/home"); after != before {
		t.Errorf("queries have written: revision %d, was %d", after, before)
	}
}

// TestCHAN1_AllThatATxCanDoIsKnownToReadOrToChange fails for a method that is new, until somebody has said which of both it does: one that changes something begins with Tx.changes.
func TestCHAN1_AllThatATxCanDoIsKnownToReadOrToChange(t *testing.T) {
	for prefix, of := range map[string]reflect.Type{"": reflect.TypeFor[*Tx](), "Map.": reflect.TypeFor[Map](), "Room.": reflect.TypeFor[Room](), "Device.": reflect.TypeFor[Device]()} {
		for m := range of.Methods() {
			if name := prefix + m.Name; (forbidden[name] == nil) == (harmless[name] == nil) {
				t.Error(name, "is not said to change something, or to change nothing")
			}
		}
	}
}

func TestQueries(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", Attenuation{Events: []Pattern{{"*", "*"}}, Queries: []Pattern{{"rs", "*"}, {"other", "x"}}})
	k.want("alice", "station/alice/home/Answer", `["rs","*","OnQuery"]`, "null")
	k.restart()
	for _, c := range []struct {
		path, header, body string
		status             int
		text               string
	}{
		{"/sky/cloud/%s/rs/who?arg=1", "", "", 200, `"arg":"1"`}, {"/c/%s/query/rs/who?arg=2", "", "", 200, `"name":"rs/who"`}, {"/c/%s/query/rs/who", "application/json", `{"arg":3}`, 200, `"arg":"3"`},
		{"/c/%s/query/rs/who", "application/x-www-form-urlencoded", `arg=a+b`, 200, `"arg":"a b"`}, {"/sky/cloud/%s/rs/who", "", "", 200, `"by":"channel/a"`}, {"//sky//cloud/%s/rs//who/", "", "", 200, `"channel":"a"`},
		{"/sky/cloud/%s/else/who", "", "", 403, "does not take the query else:who"}, {"/sky/cloud/%s/other/x", "", "", 400, "nobody here who answers"}, {"/sky/cloud/%s/rs", "", "", 404, "nothing at this path"},
		{"/sky/cloud/%s/rs/fail", "", "", 422, "as asked"}, {"/sky/cloud/%s/rs/panic", "", "", 422, "panicked"}, {"/c/%s/query/rs/who?arg=1&arg=2", "", "", 400, "twice"}, {"/c/%s/query/rs/*", "", "", 400, "query"},
	} {
		header := []string{}
		if c.header != "" {
			header = []string{"Content-Type", c.header}
		}
		for _, method := range []string{"GET", "POST"} {
			if w := k.visit(method, fmt.Sprintf(c.path, eci), c.body, header...); w.Code != c.status || !strings.Contains(w.Body.String(), c.text) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s %s: %d %s", method, c.path, w.Code, w.Body)
			}
		}
	}
	if log := k.log(); len(log) != 0 {
		t.Error("queries are heard as events:", log)
	}
	k.want("alice", "station/alice/home/Unanswer", `["rs","*","OnQuery"]`, "true")
	k.want("alice", "station/alice/home/Unanswer", `["rs","*","OnQuery"]`, "false")
	if w := k.visit("GET", "/sky/cloud/"+eci+"/rs/who", ""); w.Code != 400 {
		t.Error(w.Code, w.Body)
	}
}
