package hellowab

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/examples/counter"
	"github.com/wabgo/wab/examples/whiteboard"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/server"
)

// api calls methods over HTTP, as outside tools do.
type api struct {
	t      *testing.T
	url    string
	clock  *clock.Fake
	tokens map[string]string
}

const public = "https://wab.example"

func newAPI(t *testing.T) *api {
	fake := clock.NewFake(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	s, err := server.New(server.Options{
		Data: t.TempDir(), Dev: true, PublicURL: public, Logger: slog.New(slog.DiscardHandler), Clock: fake,
	}, App, counter.App, whiteboard.App)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &api{t, h.URL, fake, map[string]string{}}
}

func (a *api) post(path, token, body string) string {
	a.t.Helper()
	r, err := http.NewRequest("POST", a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	var v any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		a.t.Fatal(err)
	}
	text, err := json.Marshal(v) // keys in alphabetical order
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), `\u0026`, "&")
}

func (a *api) token(owner string) string {
	a.t.Helper()
	if a.tokens[owner] == "" {
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(a.post("/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil {
			a.t.Fatal(err)
		}
		a.tokens[owner] = got.Token
	}
	return a.tokens[owner]
}

// do calls owner/ca/method of the meetings' app, or app:owner/ca/method, and returns the answer.
func (a *api) do(owner, call, args string) string {
	a.t.Helper()
	app, rest, ok := strings.Cut(call, ":")
	if !ok {
		app, rest = App.Name, call
	}
	return a.post("/api/"+app+"/"+rest, a.token(owner), args)
}

func (a *api) want(owner, call, args, contains string) {
	a.t.Helper()
	if got := a.do(owner, call, args); !strings.Contains(got, contains) {
		a.t.Errorf("%s: %s%s gives %s, not %s", owner, call, args, got, contains)
	}
}

// mapOf is a map as JSON.
func (a *api) mapOf(owner, name string) string {
	a.t.Helper()
	at := strings.LastIndexByte(name, '/')
	r, err := http.NewRequest("GET", a.url+"/api/hellowab/"+name[:at]+"/maps/"+name[at+1:], nil)
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.token(owner))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

func (a *api) wantMap(owner, name, contains string) {
	a.t.Helper()
	if got := a.mapOf(owner, name); !strings.Contains(got, contains) {
		a.t.Errorf("%s: map %s is %s, without %s", owner, name, got, contains)
	}
}

// eventually waits for what a message between CAs brings.
func (a *api) eventually(owner, name, contains string) {
	a.t.Helper()
	for a.t.Context().Err() == nil && !strings.Contains(a.mapOf(owner, name), contains) {
	}
}

const ok = `{"result":null}`

// forOwner are calls that nobody but the owner may make.
var forOwner = map[string]string{
	"Open": `[]`, "Close": `[]`, "Admit": `["dan"]`, "Remove": `["dan"]`, "SetBackground": `["whiteboard","alice/board"]`, "Mode": `["heads"]`, "Lock": `[false]`,
	"Mute": `["dan",["mic"]]`, "Unmute": `["dan"]`, "Door": `[false]`, "TurnAway": `["dan"]`,
}

// forMembers are those of the people who were admitted.
var forMembers = map[string]string{"People": `[]`, "Background": `[]`, "Devices": `[]`}

func TestCALL1_AMeetingIsItsOwners(t *testing.T) {
	a := newAPI(t)
	a.want("bob", "alice/standup/Knock", `[]`, `"not_found"`) // CA-4: nobody but alice makes it
	a.want("alice", "alice/standup/Open", `[]`, `{"result":{"room":"hellowab:alice/standup/room","url":"`+public+`/hellowab/?ca=alice/standup"}}`)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`) // once more does no harm
	a.want("alice", "alice/standup/People", `[]`, `{"result":[]}`)
	a.want("alice", "alice/standup/Background", `[]`, ok)
	a.want("alice", "alice/standup/Devices", `[]`, `{"result":[]}`)
	for method, args := range forOwner {
		a.want("bob", "alice/standup/"+method, args, `"not_allowed"`)
	}
	for method, args := range forMembers {
		a.want("bob", "alice/standup/"+method, args, `"not_allowed"`)
	}
	for _, m := range []string{"people", "meeting", "devices", "knocks", "removed", "room"} {
		a.wantMap("bob", "alice/standup/"+m, `"not_allowed"`)
	}
	a.want("bob", "alice/standup/Offer", `["bob/home/lamp","Lamp","lamp",""]`, `"not_allowed"`)
	a.want("bob", "alice/standup/Act", `["bob/home/lamp","on",[true]]`, `"not_allowed"`)

	a.want("alice", "alice/standup/Admit", `["bob"]`, ok)
	for method, args := range forMembers {
		a.want("bob", "alice/standup/"+method, args, `"result"`)
	}
	for method, args := range forOwner {
		a.want("bob", "alice/standup/"+method, args, `"not_allowed"`)
	}
	for _, m := range []string{"people", "meeting", "devices", "room"} {
		a.wantMap("bob", "alice/standup/"+m, `"entries"`)
	}
	for _, m := range []string{"knocks", "removed"} {
		a.wantMap("bob", "alice/standup/"+m, `"not_allowed"`)
	}
	a.wantMap("bob", "alice/standup/room", `"open"`)
	a.want("alice", "alice/standup/Close", `[]`, ok)
	a.wantMap("bob", "alice/standup/room", `"entries":{}`)
}

func TestCALL1_WhoIsRemovedHasNothingLeft(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("alice", "alice/standup/Admit", `["bob"]`, ok)
	a.want("bob", "alice/standup/Offer", `["bob/home/lamp","Lamp","lamp","m-1"]`, ok)
	a.want("alice", "alice/standup/Devices", `[]`, `{"result":[{"id":"bob/home/lamp","member":"m-1","name":"Lamp","owner":"bob","profile":"lamp"}]}`)
	a.want("alice", "alice/standup/Remove", `["bob"]`, ok)
	a.want("alice", "alice/standup/Devices", `[]`, `{"result":[]}`)
	for method, args := range forMembers {
		a.want("bob", "alice/standup/"+method, args, `"not_allowed"`)
	}
	a.wantMap("bob", "alice/standup/room", `"not_allowed"`)
	a.want("bob", "alice/standup/Knock", `[]`, `"not_allowed"`)
	a.wantMap("alice", "alice/standup/removed", `"bob"`)

	// nor by somebody else's group
	a.want("bob", "bob/home/Admit", `["bob"]`, ok)
	a.want("bob", "bob/home/Admit", `["alice"]`, ok) // whose meeting may so read the group
	a.want("bob", "bob/home/Admit", `["carol"]`, ok)
	a.want("alice", "alice/standup/Admit", `["bob/home/people"]`, ok)
	a.want("carol", "alice/standup/Background", `[]`, ok)
	a.want("bob", "alice/standup/Background", `[]`, `"not_allowed"`)
	a.want("alice", "alice/standup/Remove", `["carol"]`, ok)
	a.want("carol", "alice/standup/Background", `[]`, `"not_allowed"`)

	a.want("alice", "alice/standup/Admit", `["bob"]`, ok) // and all of it comes back
	a.want("bob", "alice/standup/Background", `[]`, ok)
	a.wantMap("bob", "alice/standup/room", `"open"`)
	a.want("alice", "alice/standup/Remove", `["alice"]`, `whose meeting it is`)
	a.want("alice", "alice/standup/Remove", `["alice/home"]`, `whose meeting it is`)
	a.want("alice", "alice/standup/Admit", `["Not a name"]`, `that is no name`)
}

func TestCALL1_AKnockIsHeardNowAndThen(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("bob", "alice/standup/Knock", `[]`, `{"result":{"state":"waiting"}}`)
	a.wantMap("alice", "alice/standup/knocks", `"version":1`)
	a.want("bob", "alice/standup/Knock", `[]`, `"waiting"`)
	a.wantMap("alice", "alice/standup/knocks", `"version":1`) // too soon to be heard
	a.clock.Advance(knockAgain)
	a.want("bob", "alice/standup/Knock", `[]`, `"waiting"`)
	a.wantMap("alice", "alice/standup/knocks", `"version":2`)

	a.want("alice", "alice/standup/TurnAway", `["bob"]`, ok)
	a.want("bob", "alice/standup/Knock", `[]`, `"away"`)
	a.clock.Advance(turnedAway)
	a.want("bob", "alice/standup/Knock", `[]`, `"waiting"`)

	a.want("alice", "alice/standup/Lock", `[true]`, ok)
	a.want("carol", "alice/standup/Knock", `[]`, `"locked"`)
	a.want("alice", "alice/standup/Lock", `[false]`, ok)
	a.clock.Advance(knockKept)
	a.want("carol", "alice/standup/Knock", `[]`, `"waiting"`)
	a.wantMap("alice", "alice/standup/knocks", `"entries":{"carol":`) // bob has gone
	a.want("alice", "alice/standup/Admit", `["carol"]`, ok)
	a.want("carol", "alice/standup/Knock", `[]`, `"in"`)
	a.wantMap("alice", "alice/standup/knocks", `"entries":{}`)

	a.want("alice", "alice/standup/Door", `[true]`, ok)
	a.want("alice", "alice/standup/Lock", `[true]`, ok)
	a.want("dan", "alice/standup/Knock", `[]`, `"locked"`)
	a.want("alice", "alice/standup/Lock", `[false]`, ok)
	a.want("dan", "alice/standup/Knock", `[]`, `"in"`)
	a.want("dan", "alice/standup/Background", `[]`, ok)
	a.want("alice", "alice/standup/Remove", `["dan"]`, ok)
	a.want("dan", "alice/standup/Knock", `[]`, `"not_allowed"`)
}

func TestCALL1_TheDoorHoldsSoMany(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	for i := range maxKnocks {
		a.want("guest-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "alice/standup/Knock", `[]`, `"waiting"`)
	}
	a.want("bob", "alice/standup/Knock", `[]`, `too many are at the door`)
	a.clock.Advance(knockKept)
	a.want("bob", "alice/standup/Knock", `[]`, `"waiting"`)
}

func TestCALL3_ABackgroundsCAMayReadTheGroup(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("alice", "alice/standup/Admit", `["bob"]`, ok)
	a.want("alice", "whiteboard:alice/board/Access", `[]`, `"owner"`)
	a.want("alice", "alice/standup/SetBackground", `["whiteboard","alice/board"]`, ok)
	a.want("bob", "alice/standup/Background", `[]`, `{"result":{"app":"whiteboard","ca":"alice/board"}}`)
	a.want("bob", "whiteboard:alice/board/Draw", `[[]]`, `"not_allowed"`) // the board's own policy decides
	a.want("alice", "whiteboard:alice/board/LinkGroup", `["hellowab:alice/standup/people"]`, ok)
	a.want("bob", "whiteboard:alice/board/Draw", `[[]]`, `"result"`)
	a.want("carol", "whiteboard:alice/board/Draw", `[[]]`, `"not_allowed"`)
	a.want("alice", "alice/standup/Admit", `["carol"]`, ok)
	a.want("carol", "whiteboard:alice/board/Draw", `[[]]`, `"result"`)
	a.want("alice", "alice/standup/Remove", `["bob"]`, ok)
	a.want("bob", "whiteboard:alice/board/Draw", `[[]]`, `"not_allowed"`)

	a.want("alice", "alice/standup/SetBackground", `["counter","home"]`, ok)
	a.want("carol", "whiteboard:alice/board/Draw", `[[]]`, `"not_allowed"`) // it is no longer what they meet over
	a.want("alice", "alice/standup/Background", `[]`, `{"result":{"app":"counter","ca":"home"}}`)
	for _, bad := range []string{`["Counter","home"]`, `["counter","Home"]`, `["counter","alice/home/x"]`, `["hellowab","alice/x"]`, `["counter",""]`} {
		a.want("alice", "alice/standup/SetBackground", bad, `"failed"`)
	}
	a.want("alice", "alice/standup/SetBackground", `["",""]`, ok)
	a.want("alice", "alice/standup/Background", `[]`, ok)
}

func TestDEV5_OnesOwnDevicesAreOffered(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("alice", "alice/standup/Admit", `["bob"]`, ok)
	for _, bad := range []string{`["carol/home/lamp","Lamp","lamp",""]`, `["bob/home","Lamp","lamp",""]`, `["lamp","Lamp","lamp",""]`, `["bob/home/lamp","","lamp",""]`} {
		a.want("bob", "alice/standup/Offer", bad, `"failed"`)
	}
	for i := range maxOwn {
		a.want("bob", "alice/standup/Offer", `["bob/home/lamp-`+string(rune('a'+i))+`","Lamp","lamp",""]`, ok)
	}
	a.want("bob", "alice/standup/Offer", `["bob/home/lamp","Lamp","lamp",""]`, `one can bring`)
	a.want("bob", "alice/standup/Offer", `["bob/home/lamp-a","Red lamp","lamp",""]`, ok)
	a.want("alice", "alice/standup/Devices", `[]`, `"name":"Red lamp"`)
	a.want("alice", "alice/standup/Admit", `["carol"]`, ok)
	a.want("carol", "alice/standup/Withdraw", `["bob/home/lamp-a"]`, `its owner`)
	a.want("bob", "alice/standup/Withdraw", `["bob/home/lamp-a"]`, ok)
	a.want("alice", "alice/standup/Withdraw", `["bob/home/lamp-b"]`, ok)
	a.want("carol", "alice/standup/Act", `["bob/home/lamp-b","on",[true]]`, `not here any more`)
	a.want("carol", "alice/standup/Act", `["bob/home/lamp-c","on",["`+strings.Repeat("x", maxArgs)+`"]]`, `at most`)
	a.want("carol", "alice/standup/ActAt", `["bob/home/lamp-c","on",[true],{"room":"hellowab:alice/other/room","member":"m","action":1,"at":1}]`, `another meeting`)
}

// TestDEV5_TheDevicesCADecides: what a meeting passes on is refused until its owner has shared the device with the meeting.
func TestDEV5_TheDevicesCADecides(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("alice", "alice/standup/Admit", `["bob"]`, ok)
	a.want("bob", "bob/home/DeviceReport", `["lamp",{"on":false},[]]`, `"result"`)
	a.want("bob", "alice/standup/Offer", `["bob/home/lamp","Lamp","lamp",""]`, ok)
	a.want("alice", "alice/standup/Act", `["bob/home/lamp","off",[]]`, ok)
	a.want("bob", "bob/home/DeviceShare", `["lamp",{"with":["group:alice/standup/people","alice/standup"],"may":["read","write","notify"]}]`, `"result"`)
	a.want("alice", "alice/standup/Act", `["bob/home/lamp","on",[true]]`, ok)
	a.eventually("bob", "bob/home/lamp-bundles", `"on"`)
	if log := a.mapOf("bob", "bob/home/lamp-log"); !strings.Contains(log, `"command":"on"`) || strings.Contains(log, `"command":"off"`) { // which came before it
		t.Errorf("before it was shared, the lamp was given a command: %s", log)
	}
	a.want("alice", "alice/standup/ActAt", `["bob/home/lamp","colour",["#ff0000"],{"room":"hellowab:alice/standup/room","member":"memberofbobs","action":7,"at":1893553445000000}]`, ok)
	a.eventually("bob", "bob/home/lamp-bundles", `"colour"`)
	a.want("bob", "bob/home/DeviceRevoke", `["lamp"]`, `"result"`)
	a.eventually("bob", "bob/home/lamp-bundles", `"entries":{}`) // and what still waited is gone
}

func TestCALL1_ManyAreShownOutAndLetInAgain(t *testing.T) {
	a := newAPI(t)
	a.want("alice", "alice/standup/Open", `[]`, `"room"`)
	a.want("alice", "alice/standup/SetBackground", `["whiteboard","alice/standup"]`, ok)
	for _, method := range []string{"Admit", "Remove", "Admit"} {
		for i := range 300 { // more than a CA has rules
			a.want("alice", "alice/standup/"+method, fmt.Sprintf(`["guest-%d"]`, i), ok)
		}
	}
	a.want("guest-99", "alice/standup/Background", `[]`, `"alice/standup"`)
	a.wantMap("alice", "alice/standup/removed", `"entries":{}`)
	a.want("alice", "alice/standup/Admit", `["whiteboard:guest-7"]`, ok) // by hand, and so to stay
	a.want("alice", "alice/standup/SetBackground", `["",""]`, ok)
	if got := strings.Count(a.mapOf("alice", "alice/standup/people"), `"whiteboard:`); got != 1 {
		t.Errorf("%d principals of the background's app are left in the group", got)
	}
}
