package server

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
)

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
