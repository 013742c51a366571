package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

var onlyTests = Attenuation{Events: []Pattern{{"test", "*"}}}

func TestCHAN1_WhatIsNoChannelIsAnsweredAlike(t *testing.T) {
	k, other := newStation(t), newStation(t)
	ecis := map[string]string{"nonsense": "nonsense", "another server's": other.channel("a", everything)}
	removed := k.channel("a", everything)
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	ecis["removed"] = removed
	ecis["of the one before"] = k.channel("b", everything)
	k.want("alice", "station/alice/home/Shut", `["b"]`, "true")
	live := k.channel("b", everything)
	expiring := everything
	expiring.Expires = k.clock.Now().Add(time.Second)
	ecis["expired"] = k.channel("c", expiring)
	k.clock.Advance(time.Second)
	ecis["never made for good"] = removed[:len(removed)-1] + "A"
	last := "A"
	if strings.HasSuffix(live, "A") {
		last = "Q"
	}
	ecis["a character changed"] = live[:len(live)-1] + last
	ecis["cut"] = live[:len(live)-8]
	ecis["padded"] = live + "="
	for name, destroyed := range map[string]string{"gone": "of a destroyed CA", "again": "of a CA that was made anew"} {
		path := "station/alice/" + name + "/"
		ecis[destroyed] = ask[Channel](k, "alice", path+"Open", args("a", everything)).ECI
		k.want("alice", path+"End", `[]`, "null")
	}
	again := ask[Channel](k, "alice", "station/alice/again/Open", args("a", everything)).ECI
	k.knock(200, again, "none/test/go")

	json := []string{"Content-Type", "application/json"}
	requests := []struct {
		method, path, body string
		header             []string
	}{
		{"GET", "/sky/event/%s/1/test/go?n=1", "", nil}, {"POST", "/sky/event/%s/none/test/go", `{"n":1}`, json}, {"POST", "/c/%s/event/test/go", `{"n":1}`, json},
		{"PUT", "/c/%s/event-wait/test/go", "", nil}, {"GET", "/sky/cloud/%s/a/b", "", nil}, {"HEAD", "/sky/cloud/%s/a/b", "", nil}, {"GET", "/c/%s/query/a/b?c=d", "", nil},
		{"POST", "/sky/event/%s/1/test/go", `{`, json}, {"POST", "/sky/event/%s/1/test/go", `{"a":1,"a":2}`, json}, {"POST", "/sky/event/%s/1/test/go", `x`, []string{"Content-Type", "text/plain"}},
		{"GET", "/sky/event/%s/1/test/go?a=1&a=2", "", nil}, {"GET", "/sky/event/%s/1/test/go?%%zz", "", nil}, {"POST", "/sky/event/%s/1/test/go", strings.Repeat("x", 1<<20+1), json},
		{"POST", "/c/%s/event/test/go", "", []string{"Idempotency-Key", strings.Repeat("k", 200)}}, {"POST", "/c/%s/event/system/subscribe", "{}", json},
	}
	for _, r := range requests {
		answers := map[string]string{}
		for what, eci := range ecis {
			w := k.visit(r.method, fmt.Sprintf(r.path, eci), r.body, r.header...)
			all := fmt.Sprint(w.Code, " ", w.Header(), " ", w.Body)
			answers[all] += what + ", "
			if w.Code != 404 || !strings.Contains(w.Body.String(), "not_found") {
				t.Errorf("%s %s, %s: %s", r.method, r.path, what, all)
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s %s is answered in %d ways: %v", r.method, r.path, len(answers), answers)
		}
		if w := k.visit(r.method, fmt.Sprintf(r.path, live), r.body, r.header...); w.Code == 404 {
			t.Errorf("%s %s by one that is there: %d %s", r.method, r.path, w.Code, w.Body)
		}
	}
	k.restart()
	for what, eci := range ecis {
		if w := k.visit("GET", "/sky/event/"+eci+"/1/test/go", ""); w.Code != 404 {
			t.Errorf("%s after a restart: %d %s", what, w.Code, w.Body)
		}
	}
}

func TestCHAN1_ChannelsAreRevokedAtOnce(t *testing.T) {
	k := newStation(t)
	holder, eci := k.channel("holder", everything), k.channel("leaked", everything)
	k.knock(200, eci, "none/test/go")
	held := make(chan int)
	go func() { held <- k.visit("POST", "/sky/event/"+holder+"/none/test/revoke?channel=leaked", "").Code }()
	<-k.gates().in // the channel is about to be removed, but is there yet
	var all sync.WaitGroup
	read := make(chan struct{}, 10)
	var statuses sync.Map
	for i := range 10 {
		all.Go(func() {
			r := httptest.NewRequest("POST", fmt.Sprintf("http://localhost/sky/event/%s/%d/test/go", eci, i), noting{strings.NewReader(`{"n":1}`), read})
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			k.ServeHTTP(w, r)
			statuses.Store(i, w.Code)
		})
	}
	for range 10 {
		<-read // they are in the mailbox, or on the way
	}
	k.gates().out <- struct{}{}
	if status := <-held; status != 200 {
		t.Error(status)
	}
	all.Wait()
	statuses.Range(func(_, status any) bool {
		if status != 404 {
			t.Error("what had waited was answered", status)
		}
		return true
	})
	k.knock(404, eci, "none/test/go")
	k.knock(200, holder, "none/test/go")
	if log := k.log(); !slices.Equal(log, []string{"test:go by channel/leaked", "test:revoke by channel/holder", "test:go by channel/holder"}) {
		t.Error(log)
	}
}

// noting tells when a body has been read.
type noting struct {
	io.Reader
	read chan<- struct{}
}

func (n noting) Read(p []byte) (int, error) {
	count, err := n.Reader.Read(p)
	if err == io.EOF {
		n.read <- struct{}{}
	}
	return count, err
}

func TestCHAN1_AChannelThatAFailureMadeIsNone(t *testing.T) {
	k := newStation(t)
	k.refused("alice", "station/alice/home/OpenAndFail", args("a", everything), "failed")
	if all := ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`); len(all) != 0 {
		t.Error(all)
	}
	eci := k.channel("a", everything)
	k.refused("alice", "station/alice/home/ShutAndFail", `["a"]`, "failed")
	k.knock(200, eci, "none/test/go")
	if again := k.channel("a", onlyTests); again != eci {
		t.Error("another ECI:", again)
	}
}

func TestCHAN1_AnECIIsDerivedAgain(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	k.restart()
	if again := k.channel("a", onlyTests); again != eci {
		t.Error(again)
	}
	k.want("alice", "station/alice/home/Find", `["a"]`, string(args(eci)[1:len(args(eci))-1]))
	k.want("alice", "station/alice/home/Find", `["b"]`, `""`)
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	k.want("alice", "station/alice/home/Shut", `["a"]`, "false")
	if next := k.channel("a", everything); next == eci {
		t.Error("the next channel of that name has the same ECI")
	}
	bell := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`)
	if again := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`); again != bell || !strings.HasSuffix(bell.URL, "/sky/event/"+bell.ECI) {
		t.Error(bell, again)
	}
}

// ecisOf are the ECIs of all channels of a station.
func ecisOf(k *kit, owner string) (all []string) {
	for _, c := range ask[[]ChannelInfo](k, owner, "cloud/"+owner+"/home/List", `[]`) {
		all = append(all, ask[string](k, owner, "cloud/"+owner+"/home/ECI", args(c.Name)))
	}
	return all
}

func (c *cloud) ECI(tx *Tx, name string) string { found, _ := tx.ChannelOf(name); return found.ECI }

type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// Two link on two servers, talk and part; what they do then is refused, and fails in all ways.
func TestCHAN1_NoECIStandsInTheStoreInLogsMapsOrErrors(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	logs := &safeBuffer{}
	for _, s := range []*site{a, b} {
		s.logs = logs
		s.restart()
	}
	bell := ask[Channel](b.kit, "bob", "cloud/bob/home/Bell", `[]`)
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Name: "friends", Allow: onlyTests}))
	until(t, "a request", func() bool { return len(ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`)) == 1 }, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/Yes", args(id, onlyTests), "null")
	until(t, "both linked", func() bool {
		return state(a.kit, "alice", id) == "established" && state(b.kit, "bob", id) == "established"
	}, a.kit, b.kit)
	own := ask[Channel](a.kit, "alice", "cloud/alice/home/Open", args("own", Attenuation{Events: onlyTests.Events, Rate: Rate{100, time.Hour}}))
	secrets := append(ecisOf(a.kit, "alice"), ecisOf(b.kit, "bob")...)
	if len(secrets) != 4 || !slices.Contains(secrets, own.ECI) || !slices.Contains(secrets, bell.ECI) {
		t.Fatal(secrets)
	}
	told := []string{}
	for _, path := range []string{"1/test/go", "1/test/fail", "1/test/panic", "none/other/go", "none/test/go?a=1&a=2", "none/test", "none/test/go/more", "none/test/*", "1/test/else"} {
		for _, s := range []*site{a, b} {
			for _, eci := range secrets {
				w := s.visit("POST", "/sky/event/"+eci+"/"+path, "")
				told = append(told, fmt.Sprint(w.Header(), w.Body))
			}
		}
	}
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "test", "go", map[string]int{"n": 7}), "null")
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "other", "go", map[string]int{"n": 7}), "null")
	b.web.Close() // what goes there waits from here on
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "test", "go", map[string]int{"n": 8}), "null")
	for _, label := range []string{"channels", "subscriptions", "pending-subscriptions"} {
		for s, owner := range map[*site]string{a: "alice", b: "bob"} {
			told = append(told, s.visit("GET", "/api/cloud/"+owner+"/home/maps/"+label, "", "Authorization", "Bearer "+s.token(owner, policy.Scope{})).Body.String())
		}
	}
	if !strings.Contains(strings.Join(told, ""), `"friends"`) {
		t.Error("the maps were not read")
	}
	for _, s := range []*site{a, b} {
		told = append(told, s.visit("GET", "/metrics", "").Body.String(), storedText(t, s.kit))
		s.restart()
		told = append(told, storedText(t, s.kit))
	}
	told = append(told, logs.String())
	for _, eci := range secrets {
		for _, text := range told {
			if i := strings.Index(text, eci[:12]); i >= 0 {
				t.Errorf("an ECI: %q", text[max(0, i-200):min(len(text), i+100)])
			}
		}
	}
}

// storedText is all that a server has stored.
func storedText(t *testing.T, k *kit) string {
	t.Helper()
	var all strings.Builder
	err := k.store.Store.(*pebblestore.Store).CAs("", 1000, func(ca string) error {
		fmt.Fprintln(&all, ca)
		_, err := k.store.Load(ca, nil, func(key, value []byte) error {
			fmt.Fprintf(&all, "%s %s\n", key, value)
			return nil
		})
		return err
	})
	if err != nil || all.Len() == 0 {
		t.Fatal(err)
	}
	err = filepath.WalkDir(k.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var b []byte
			b, err = os.ReadFile(path)
			all.Write(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestCHAN1_AttenuationOfWholeServers(t *testing.T) {
	k := newStation(t)
	none := k.channel("none", Attenuation{})
	for _, path := range []string{"none/test/go", "none/system/subscribe", "none/wrangler/subscription"} {
		if body := k.knock(403, none, path); !strings.Contains(body, "does not take the event") {
			t.Error(body)
		}
	}
	if w := k.visit("GET", "/sky/cloud/"+none+"/a/b", ""); w.Code != 403 || !strings.Contains(w.Body.String(), "does not take the query a:b") {
		t.Error(w.Code, w.Body)
	}
	all := k.channel("all", everything)
	for _, path := range []string{"none/system/subscribe", "none/system/anything", "none/wrangler/subscription", "none/wrangler/subscription_cancellation?Id=1", "none/cloudos/subscribe"} {
		k.knock(403, all, path)
	}
	k.knock(200, all, "none/System/subscribe")
	some := k.channel("some", Attenuation{Events: []Pattern{{"chat", "said"}, {"*", "ping"}}, Attributes: AttributeLimits{Max: 2, Bytes: 30, Only: []string{"a", "b", "n"}}})
	for path, status := range map[string]int{
		"none/chat/said": 200, "none/chat/left": 403, "none/any/ping": 200, "none/system/ping": 403, "none/chat/ping?a=1&b=2": 200, "none/chat/ping?a=1&b=2&n=3": 413, "none/chat/ping?c=1": 403,
		"none/chat/ping?a=" + strings.Repeat("x", 40): 413,
	} {
		k.knock(status, some, path)
	}
	if got := k.channel("some", onlyTests); got != some {
		t.Error("changed what it allows, and its ECI")
	}
	k.knock(403, some, "none/chat/said")
	k.knock(200, some, "none/test/go?c=1")
	expiring := onlyTests
	expiring.Expires = k.clock.Now().Add(time.Hour)
	k.channel("some", expiring)
	k.clock.Advance(time.Hour - time.Microsecond)
	k.knock(200, some, "none/test/go")
	k.clock.Advance(time.Microsecond)
	k.knock(404, some, "none/test/go")
	k.channel("some", onlyTests)
	k.knock(200, some, "none/test/go")
}

func TestCHAN1_ChannelsThatMakeNoSenseAreRefused(t *testing.T) {
	k := newStation(t)
	for _, c := range []struct {
		name string
		a    Attenuation
	}{
		{"", everything}, {"A", everything}, {"a/b", everything}, {"-a", everything}, {"sub-1", everything}, {strings.Repeat("x", 64), everything}, {"a@b", everything},
		{"a", Attenuation{Events: []Pattern{{"", ""}}}}, {"a", Attenuation{Events: []Pattern{{"a b", "c"}}}}, {"a", Attenuation{Rate: Rate{Events: 1}}}, {"a", Attenuation{Rate: Rate{1, 10}}},
		{"a", Attenuation{Rate: Rate{-1, time.Second}}}, {"a", Attenuation{Attributes: AttributeLimits{Max: -1}}}, {"a", Attenuation{Queries: make([]Pattern, 65)}},
	} {
		if a := k.refused("alice", "station/alice/home/Open", args(c.name, c.a), "failed"); len(a.Error.Message) < 10 {
			t.Error(a.Error)
		}
	}
	if all := ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`); len(all) != 0 {
		t.Error(all)
	}
	k.refused("bob", "station/alice/home/Open", args("a", everything), "not_allowed")
}

func TestCHAN1_Rates(t *testing.T) {
	k := newStation(t)
	slow := Attenuation{Events: everything.Events, Queries: everything.Queries, Rate: Rate{3, time.Hour}}
	eci := k.channel("slow", slow)
	first := k.knock(200, eci, "x/test/go")
	k.knock(200, eci, "x/test/go")      // a repetition is not counted
	k.knock(403, eci, "none/system/go") // nor is what is not let through
	k.visit("GET", "/sky/cloud/"+eci+"/a/b", "")
	k.knock(422, eci, "none/test/fail")
	if again := k.knock(200, eci, "x/test/go"); again != first {
		t.Error("who asks again gets another answer:", again)
	}
	w := k.visit("POST", "/sky/event/"+eci+"/none/test/go", "")
	if w.Code != 429 || w.Header().Get("Retry-After") != "1200" || !strings.Contains(w.Body.String(), `"quota"`) {
		t.Error(w.Code, w.Header(), w.Body)
	}
	for what, do := range map[string]func(){
		"a restart":            k.restart,
		"saying it again":      func() { k.channel("slow", slow) },
		"a failure":            func() { k.refused("alice", "station/alice/home/ShutAndFail", `["slow"]`, "failed") },
		"a failure to change":  func() { k.refused("alice", "station/alice/home/OpenAndFail", args("slow", everything), "failed") },
		"changing to and from": func() { k.channel("slow", everything); k.channel("slow", slow) },
	} {
		if do(); k.visit("POST", "/sky/event/"+eci+"/none/test/go", "").Code != 429 {
			t.Error("reset by", what)
		}
	}
	k.clock.Advance(20*time.Minute - time.Millisecond)
	k.knock(429, eci, "none/test/go")
	k.clock.Advance(time.Millisecond)
	k.knock(200, eci, "none/test/go")
	k.knock(429, eci, "none/test/go")
	k.channel("slow", Attenuation{Events: everything.Events, Rate: Rate{1000, time.Second}})
	k.knock(429, eci, "none/test/go")
	k.clock.Advance(time.Millisecond)
	k.knock(200, eci, "none/test/go") // who may more now need not wait out the hour
	k.want("alice", "station/alice/home/Shut", `["slow"]`, "true")
	k.knock(200, k.channel("slow", slow), "none/test/go") // another channel
}

func TestCHAN1_ShortRatesAreNotForgottenByWaitingUntilTheCASleeps(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", Attenuation{Events: everything.Events, Rate: Rate{1, 45 * time.Second}})
	k.idle = time.Second
	k.restart()
	k.want("alice", "station/alice/other/Count", `[]`, "0")
	k.knock(200, eci, "none/test/idle")
	for range 15 {
		k.clock.Advance(time.Second)
	}
	until(t, "sleep of the other", func() bool { return k.runtime.Active() == 1 }, k)
	k.knock(429, eci, "none/test/idle")
	k.clock.Advance(30 * time.Second)
	k.knock(200, eci, "none/test/idle")
}

func TestCHAN1_AChannelThatIsRenewedHasAnotherECI(t *testing.T) {
	k := newStation(t)
	old := k.channel("a", everything)
	k.knock(200, old, "x/test/go")
	next := ask[Channel](k, "alice", "station/alice/home/Renew", args("a", onlyTests)).ECI
	for range 2 {
		k.knock(404, old, "x/test/go")
		k.knock(200, next, "none/test/go")
		k.knock(403, next, "none/other/go")
		k.restart()
	}
	if found := ask[string](k, "alice", "station/alice/home/Find", `["a"]`); found != next {
		t.Error(found, next)
	}
}

// Whatever is done to channels, in whatever order, and however often the server restarts between: an event gets through by those that are there and allow it, and by no others.
func TestCHAN1_RandomHistories(t *testing.T) {
	whole := t
	names, types := []string{"a", "b", "c"}, []string{"go", "idle", "gone"}
	rapid.Check(t, func(t *rapid.T) {
		k := newStation(whole)
		type room struct {
			name, allows string
			until        time.Time
		}
		var ecis []string // all that there ever were
		live := map[string]*room{}
		of := func(name string) (eci string) {
			for eci, r := range live {
				if r.name == name {
					return eci
				}
			}
			return ""
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			name, typ := rapid.SampledFrom(names).Draw(t, "name"), rapid.SampledFrom(types).Draw(t, "type")
			switch rapid.SampledFrom([]string{"open", "open", "expiring", "shut", "fail", "knock", "knock", "knock", "knock", "wait", "restart"}).Draw(t, "do") {
			case "open":
				eci := k.channel(name, Attenuation{Events: []Pattern{{"test", typ}}})
				if was := of(name); was != "" && was != eci || was == "" && slices.Contains(ecis, eci) {
					t.Fatalf("%s was %s, and is %s", name, was, eci)
				}
				live[eci] = &room{name, typ, time.Time{}}
				ecis = append(ecis, eci)
			case "expiring":
				at := k.clock.Now().Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "for")) * time.Second)
				eci := k.channel(name, Attenuation{Events: []Pattern{{"test", typ}}, Expires: at})
				live[eci] = &room{name, typ, at}
				ecis = append(ecis, eci)
			case "shut":
				eci := of(name)
				k.want("alice", "station/alice/home/Shut", args(name), fmt.Sprint(eci != ""))
				delete(live, eci)
			case "fail":
				k.refused("alice", "station/alice/home/ShutAndFail", args(name), "failed")
				k.refused("alice", "station/alice/home/OpenAndFail", args(name, everything), "failed")
			case "wait":
				k.clock.Advance(time.Second)
			case "restart":
				k.restart()
			case "knock":
				if len(ecis) == 0 {
					continue
				}
				eci := rapid.SampledFrom(ecis).Draw(t, "eci")
				status, r := 404, live[eci]
				switch {
				case r == nil || !r.until.IsZero() && !k.clock.Now().Before(r.until):
				case r.allows != typ:
					status = 403
				default:
					status = 200
				}
				if w := k.visit("POST", "/sky/event/"+eci+"/none/test/"+typ, ""); w.Code != status {
					t.Fatalf("%s by %+v: %d, want %d", typ, r, w.Code, status)
				}
			}
		}
		k.stop()
	})
}

func TestCHAN2_TheDoorbellTakesRequestsAndWithdrawalsOnly(t *testing.T) {
	k := newStation(t)
	bell := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`).ECI
	wide := Attenuation{Events: []Pattern{{"*", "*"}, {"system", "*"}, {"wrangler", "*"}, {"cloudos", "*"}}, Queries: []Pattern{{"*", "*"}}}
	for range 2 {
		for _, path := range []string{
			"/sky/event/%s/none/test/go", "/c/%s/event/test/go", "/c/%s/event-wait/chat/said", "/sky/cloud/%s/a/b", "/c/%s/query/a/b", "/sky/event/%s/none/system/subscribe?targetChannel=x",
			"/sky/event/%s/none/cloudos/subscribe?targetChannel=x", "/sky/event/%s/none/wrangler/subscription?wellKnown_Tx=x", "/sky/event/%s/none/wrangler/pending_subscription_approval?Id=1",
			"/sky/event/%s/none/wrangler/inbound_rejection?Id=1", "/sky/event/%s/none/wrangler/outbound_cancellation?Id=1", "/sky/event/%s/none/wrangler/subscription_cancellation?Id=1",
			"/sky/event/%s/none/system/confirmSubscription?id=1&eci=x", "/sky/event/%s/none/system/refuseSubscription?id=1", "/sky/event/%s/none/system/endSubscription?id=1",
			"/sky/event/%s/none/wrangler/outbound_pending_subscription_approved?Id=1&Tx=x", "/sky/event/%s/none/wrangler/established_removal?Id=1",
		} {
			w := k.visit("POST", fmt.Sprintf(path, bell), "")
			if w.Code != 403 && w.Code != 400 || !strings.Contains(w.Body.String(), "message") {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		for _, path := range []string{"none/test/go", "none/system/subscribe", "none/system/confirmSubscription?id=1&eci=xxxxxxxxxxxxxxxxxxxxxxxx"} {
			if body := k.knock(403, bell, path); !strings.Contains(body, "This is a doorbell") {
				t.Error(path, body)
			}
		}
		k.channel("doorbell", wide) // what it allows counts for nothing
	}
	if log := k.log(); len(log) != 0 {
		t.Error(log)
	}
	wide.Rate = Rate{1, time.Hour}
	k.channel("doorbell", wide)
	withdraw := func() int {
		return k.visit("POST", "/sky/event/"+bell+"/none/system/withdrawSubscription?id=12345678901234567890&eci=xxxxxxxxxxxxxxxxxxxxxx", "").Code
	}
	if first, second := withdraw(), withdraw(); first == 429 || second != 429 {
		t.Error(first, second)
	}
	k.want("alice", "station/alice/home/Shut", `["doorbell"]`, "true")
	k.knock(404, bell, "none/system/requestSubscription")
	if next := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`).ECI; next == bell {
		t.Error("the next doorbell has the same ECI")
	}
}

func info(k *kit, name string) (c ChannelInfo) {
	for _, c := range ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`) {
		if c.Name == name {
			return c
		}
	}
	return c
}

func TestCHAN1_TheOwnerSeesHowChannelsAreUsed(t *testing.T) {
	k := newStation(t)
	start := k.clock.Now()
	eci := k.channel("a", Attenuation{Events: onlyTests.Events, Queries: onlyTests.Events})
	k.channel("b", everything)
	if c := info(k, "a"); c.Accepted != 0 || c.Denied != 0 || !c.Last.IsZero() || !c.Since.Equal(start) {
		t.Errorf("%+v", c)
	}
	k.clock.Advance(time.Minute)
	k.knock(200, eci, "none/test/go")
	k.knock(200, eci, "none/test/idle")
	k.knock(422, eci, "none/test/fail")
	k.clock.Advance(time.Minute)
	k.knock(403, eci, "none/other/go")
	k.knock(400, eci, "none/test/go?a=1&a=2")
	check := func(what string) {
		t.Helper()
		if c := info(k, "a"); c.Accepted != 3 || c.Denied != 2 || !c.Last.Equal(start.Add(2*time.Minute)) || !c.Since.Equal(start) || len(c.Allow.Events) != 1 {
			t.Errorf("%s: %+v", what, c)
		}
		if c := info(k, "b"); c.Accepted != 0 || c.Denied != 0 || !c.Last.IsZero() {
			t.Errorf("%s: %+v", what, c)
		}
	}
	check("at once")
	k.drain()
	check("after a restart")
	k.channel("a", everything)
	if c := info(k, "a"); c.Accepted != 3 || c.Denied != 2 || len(c.Allow.Events) != 1 {
		t.Errorf("changed: %+v", c)
	}
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	k.knock(404, eci, "none/test/go")
	k.clock.Advance(time.Minute)
	next := k.channel("a", onlyTests)
	if c := info(k, "a"); c.Accepted != 0 || c.Denied != 0 || !c.Last.IsZero() {
		t.Errorf("the next one of that name: %+v", c)
	}
	k.knock(200, next, "none/test/go")
	k.drain()
	if c := info(k, "a"); c.Accepted != 1 || c.Denied != 0 || c.Last.IsZero() {
		t.Errorf("the next one of that name: %+v", c)
	}
}

func TestCHAN1_TheMapOfChannelsSaysWhatTheyAllow(t *testing.T) {
	k := newStation(t)
	k.channel("a", onlyTests)
	k.channel("b", everything)
	k.want("alice", "station/alice/home/Shut", `["b"]`, "true")
	read := func(owner string) *httptest.ResponseRecorder {
		return k.visit("GET", "/api/station/alice/home/maps/channels", "", "Authorization", "Bearer "+k.token(owner, policy.Scope{}))
	}
	w := read("alice")
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"a"`) || strings.Contains(body, `"b"`) || !strings.Contains(body, `{"type":"*","domain":"test"}`) {
		t.Error(w.Code, body)
	}
	if w := read("bob"); w.Code == 200 {
		t.Error("bob reads it", w.Body)
	}
}

func TestCHAN1_RulesDenyChannels(t *testing.T) {
	k := newStation(t)
	a, b := k.channel("a", everything), k.channel("b", everything)
	k.want("alice", "station/alice/home/Ban", `["channel/a"]`, "null")
	k.knock(403, a, "none/test/go")
	k.knock(200, b, "none/test/go")
	k.drain()
	k.knock(403, a, "none/test/go")
	if c := info(k, "a"); c.Denied != 2 || c.Accepted != 0 {
		t.Errorf("%+v", c)
	}
	k.want("alice", "station/alice/home/Unban", `["channel/a"]`, "true")
	k.knock(200, a, "none/test/go")
	k.want("alice", "station/alice/home/Ban", `["channel"]`, "null") // all of them
	k.knock(403, a, "none/test/go")
	k.knock(403, b, "none/test/go")
}

func TestCHAN1_ChannelsAreNobody(t *testing.T) {
	k := newStation(t)
	for _, owner := range []string{"channel", "commons", "forum"} {
		if _, err := k.accounts.Mint(owner, policy.Scope{}, time.Hour); err == nil {
			t.Error("signed in as", owner)
		}
	}
	eci := k.channel("a", everything)
	if body := k.knock(200, eci, "none/test/self"); !strings.Contains(body, `"who":"station:channel/a"`) {
		t.Error(body)
	}
	for _, method := range []string{"OnEvent", "OnQuery", "OnSecond", "channel-event", "channel-answer", "channel-tick", "channel-tell", "event-raise", "OnSubscription"} {
		k.refused("alice", "station/alice/home/"+method, `[]`, "bad_request")
		k.refused("alice", "station/alice/home/"+method, `[{"domain":"a","type":"b"}]`, "bad_request")
	}
	k.want("alice", "station/alice/home/Tell", `["alice/home","OnEvent"]`, "null")
	until(t, "a refusal", func() bool { return len(k.log()) == 2 && strings.HasPrefix(k.log()[1], "refused OnEvent") })
}

func TestCHAN1_EventsReachNoRequestMethods(t *testing.T) {
	k := newStation(t)
	for _, c := range []string{`["a","b","Add"]`, `["a","b","End"]`, `["a","b","OnQuery"]`, `["a","b","OnFailed"]`, `["a","b","Nothing"]`, `["a","b",""]`, `["a","b","channel-tick"]`, `["a/b","c","OnEvent"]`, `["","c","OnEvent"]`} {
		k.refused("alice", "station/alice/home/Take", c, "failed")
	}
	for _, c := range []string{`["a","b","OnEvent"]`, `["a","b","Log"]`, `["a","b","Nothing"]`, `["a b","c","OnQuery"]`} {
		k.refused("alice", "station/alice/home/Answer", c, "failed")
	}
	eci := k.channel("a", everything)
	k.knock(200, eci, "none/station/Add?n=1")
	k.knock(200, eci, "none/station/End")
	k.want("alice", "station/alice/home/Count", `[]`, "2")
}

func TestCHAN1_AThousandChannels(t *testing.T) {
	k := newStation(t)
	for i := 0; i < 1000; i += 250 {
		k.want("alice", "station/alice/home/OpenMany", args(i, i+250), "null")
	}
	if a := k.refused("alice", "station/alice/home/Open", args("one-more", everything), "failed"); !strings.Contains(a.Error.Message, "1,000") {
		t.Error(a.Error)
	}
	eci := ask[string](k, "alice", "station/alice/home/Find", `["many-999"]`)
	k.restart()
	k.knock(200, eci, "none/test/go")
	if all := ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`); len(all) != 1000 || !slices.IsSortedFunc(all, func(a, b ChannelInfo) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error(len(all))
	}
	k.channel("many-999", Attenuation{}) // those that are there can be changed
	k.knock(403, eci, "none/test/go")
	k.want("alice", "station/alice/home/Shut", `["many-0"]`, "true")
	k.channel("one-more", everything)
}

// A machine that loses power keeps channels, handlers and cards, once they were acknowledged.
func TestCHAN1_ChannelsSurviveLossOfPower(t *testing.T) {
	k := &kit{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), disk: vfs.NewCrashableMem(), dir: t.TempDir(), apps: []App{cloudApp()}, url: "http://localhost"}
	k.start()
	t.Cleanup(k.stop)
	c := ask[Channel](k, "alice", "cloud/alice/home/Open", args("news", everything))
	gone := ask[Channel](k, "alice", "cloud/alice/home/Open", args("gone", everything))
	ask[Channel](k, "alice", "cloud/alice/home/Bell", `[]`)
	k.want("alice", "cloud/alice/home/Show", `["Alice"]`, "null")
	k.want("alice", "cloud/alice/home/Shut", `["gone"]`, "true")
	k.knock(200, c.ECI, "1/test/go?n=1")
	left := k.disk.CrashClone(vfs.CrashCloneCfg{})
	k.stop()
	k.disk = left
	k.start()
	before := len(ask[[]string](k, "alice", "cloud/alice/home/Log", `[]`))
	k.knock(200, c.ECI, "1/test/go?n=1")
	k.knock(200, c.ECI, "2/test/go?n=2")
	k.knock(404, gone.ECI, "2/test/go")
	if log := ask[[]string](k, "alice", "cloud/alice/home/Log", `[]`); before != 1 || len(log) != 2 {
		t.Error(before, log)
	}
	w := k.visit("GET", "/.well-known/webfinger?resource=acct:alice@localhost", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Alice") {
		t.Error(w.Code, w.Body)
	}
}

func TestCHAN1_WhatIsToldOfAChannelIsJSONThatComesBack(t *testing.T) {
	k := newStation(t)
	want := Attenuation{
		Events: []Pattern{{"a", "*"}}, Queries: []Pattern{{"*", "b"}}, Attributes: AttributeLimits{1, 2, []string{"x"}}, Rate: Rate{3, 4 * time.Second}, Expires: k.clock.Now().Add(time.Hour),
	}
	k.channel("a", want)
	got := info(k, "a").Allow
	if a, b := args(want), args(got); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(args(got)[1:len(args(got))-1]), &fields); err != nil || !slices.Equal(slices.Sorted(maps.Keys(fields)), []string{"attributes", "events", "expires", "queries", "rate"}) {
		t.Error(fields, err)
	}
}
