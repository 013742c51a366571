package tweetiot

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/server"
)

// api calls methods of assistants over HTTP, each owner with their own token.
type api struct {
	t      *testing.T
	url    string
	tokens map[string]string
}

func newAPI(t *testing.T) *api {
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true, Logger: slog.New(slog.DiscardHandler)}, App)
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
	return &api{t, h.URL, map[string]string{}}
}

func (a *api) ask(method, path, token, body string) string {
	a.t.Helper()
	r, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return strings.TrimSpace(string(text))
}

func (a *api) token(owner string) string {
	a.t.Helper()
	if a.tokens[owner] == "" {
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(a.ask("POST", "/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil {
			a.t.Fatal(err)
		}
		a.tokens[owner] = got.Token
	}
	return a.tokens[owner]
}

// call calls a method of an owner's own assistant.
func (a *api) call(owner, method, args string) string {
	a.t.Helper()
	return a.ask("POST", "/api/tweetiot/"+owner+"/home/"+method, a.token(owner), args)
}

// do calls a method that has to work.
func (a *api) do(owner, method, args string) {
	a.t.Helper()
	if got := a.call(owner, method, args); strings.Contains(got, `"error"`) {
		a.t.Fatalf("%s's %s%s: %s", owner, method, args, got)
	}
}

func (a *api) posts(owner, method string) (all []Post) {
	a.t.Helper()
	var got struct{ Result []Post }
	if body := a.call(owner, method, "[]"); json.Unmarshal([]byte(body), &got) != nil || got.Result == nil {
		a.t.Fatalf("%s's %s: %s", owner, method, body)
	}
	return got.Result
}

// until waits for what comes over the bus.
func (a *api) until(what string, ok func() bool) {
	a.t.Helper()
	for late := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(late) {
			a.t.Fatalf("in vain: %s", what)
		}
	}
}

func texts(posts []Post) (out []string) {
	for _, p := range posts {
		out = append(out, p.From+": "+p.Text)
	}
	return out
}

// received waits until an owner has received exactly these.
func (a *api) received(owner string, want ...string) {
	a.t.Helper()
	a.until(fmt.Sprint(owner, " receives ", want), func() bool { return slices.Equal(texts(a.posts(owner, "Received")), want) })
}

// entries are a map of an owner's assistant, as somebody sees it.
func (a *api) entries(who, owner, label string) string {
	a.t.Helper()
	return a.ask("GET", "/api/tweetiot/"+owner+"/home/maps/"+label, a.token(who), "")
}

func TestAPostIsOneInstantForAll(t *testing.T) {
	a := newAPI(t)
	for _, owner := range []string{"bob", "carol"} {
		a.do(owner, "UpdateACL", `[{"add":["alice"]},{}]`)
		a.do(owner, "Subscribe", `["friends","lamp"]`)
	}
	before := time.Now()
	a.do("alice", "Tweet", `["Flash #friends NOW+60000 for 340"]`)
	sent := a.posts("alice", "Sent")
	if len(sent) != 1 || sent[0].From != "alice/home" || sent[0].Text != "Flash #friends NOW+60000 for 340" || sent[0].At.Before(before.Add(time.Minute-time.Millisecond)) || sent[0].At.Location() != time.UTC {
		t.Fatalf("%+v", sent)
	}
	for _, owner := range []string{"bob", "carol"} {
		a.received(owner, "alice/home: Flash #friends NOW+60000 for 340")
		if got := a.posts(owner, "Received"); got[0] != sent[0] {
			t.Errorf("%s: %+v, not %+v", owner, got, sent)
		}
	}
	if got := a.call("alice", "Sent", "[]"); !strings.HasPrefix(got, `{"result":[{"at":"`) || !strings.Contains(got, `Z","from":"alice/home","text":"Flash`) {
		t.Error(got)
	}
}

func TestBUS2_OnlyTheGroupPosts(t *testing.T) {
	a := newAPI(t)
	a.do("bob", "UpdateACL", `[{"add":["alice"]},{"add":["dave/home/acl"]}]`)
	a.do("dave", "UpdateACL", `[{"add":["carol"],"remove":["nobody"]},{}]`)
	a.do("bob", "Subscribe", `["#Party","lamp"]`)
	for _, who := range []string{"eve", "alice", "carol"} { // a stranger, a friend, and a friend's friend
		a.do(who, "Tweet", `["flash #party"]`)
	}
	a.received("bob", "alice/home: flash #party", "carol/home: flash #party")
	a.do("dave", "UpdateACL", `[{"remove":["carol"]},{}]`)
	a.do("carol", "Tweet", `["flash #party for 1"]`)
	a.do("bob", "Tweet", `["flash #party for 2"]`)
	a.received("bob", "alice/home: flash #party", "carol/home: flash #party", "bob/home: flash #party for 2")
	a.do("bob", "UpdateACL", `[{"remove":["alice"]},{"remove":["dave/home/acl"]}]`)
	a.do("alice", "Tweet", `["flash #party for 3"]`)
	a.do("bob", "Tweet", `["flash #party for 4"]`)
	a.received("bob", "alice/home: flash #party", "carol/home: flash #party", "bob/home: flash #party for 2", "bob/home: flash #party for 4")
	for _, method := range []string{"Tweet", "Subscribe", "Unsubscribe", "UpdateACL", "DeviceToken", "Sent", "Received", "OnTweet"} {
		if got := a.ask("POST", "/api/tweetiot/bob/home/"+method, a.token("eve"), `[]`); !strings.Contains(got, `"error"`) {
			t.Errorf("eve's %s: %s", method, got)
		}
	}
}

func TestAPostWithSeveralTagsCountsOnce(t *testing.T) {
	a := newAPI(t)
	a.do("alice", "DeviceToken", `["lamp"]`)
	a.do("alice", "DeviceToken", `["buzzer"]`)
	for _, s := range []string{`["one","lamp"]`, `["two","lamp"]`, `["two","buzzer"]`, `["two","buzzer"]`, `["done","lamp"]`} {
		a.do("alice", "Subscribe", s)
	}
	a.do("alice", "Tweet", `["flash then buzz #one #two #three NOW+60000"]`)
	a.do("alice", "Tweet", `["buzz #done NOW+60000"]`)
	a.received("alice", "alice/home: flash then buzz #one #two #three NOW+60000", "alice/home: buzz #done NOW+60000")
	for device, want := range map[string]int{"lamp": 1, "buzzer": 1} {
		var got struct{ Entries map[string]any }
		if body := a.entries("alice", "alice", device+"-bundles"); json.Unmarshal([]byte(body), &got) != nil || len(got.Entries) != want {
			t.Errorf("for the %s wait: %s", device, body)
		}
	}
}

func TestWhoFollowsNoMoreHearsNothing(t *testing.T) {
	a := newAPI(t)
	for _, s := range []string{`["one","lamp"]`, `["one","buzzer"]`, `["two","lamp"]`} {
		a.do("alice", "Subscribe", s)
	}
	a.do("alice", "Unsubscribe", `["ONE","lamp"]`)
	a.do("alice", "Unsubscribe", `["one","lamp"]`) // once more does no harm
	a.do("alice", "Tweet", `["flash #one"]`)
	a.received("alice", "alice/home: flash #one") // for the buzzer still follows
	a.do("alice", "Unsubscribe", `["#one","buzzer"]`)
	a.do("alice", "Tweet", `["flash #one for 1"]`)
	a.do("alice", "Tweet", `["flash #two"]`)
	a.received("alice", "alice/home: flash #one", "alice/home: flash #two")
}

func TestCA1_WhatIsNoPostChangesNothing(t *testing.T) {
	a := newAPI(t)
	for args, want := range map[string]string{
		`["buzz for soon #friends"]`:                  `column 10: here should stand a number of milliseconds, up to 999999\nbuzz for soon #friends\n         ^`,
		`["sing #friends"]`:                           `column 1: here should stand buzz or flash`,
		`["buzz #friends at 2020-01-01T00:00:00Z"]`:   `column 18: `,
		`["buzz #friends at 2999-01-01T00:00:00Z"]`:   `column 18: `,
		`["buzz #friends and dance"]`:                 `column 15: `,
		`["` + strings.Repeat("#friends ", 40) + `"]`: `"failed"`,
		`["buzz"]`: `a #tag`,
		`[""]`:     `buzz or flash`,
		`["buzz #f` + strings.Repeat("x", 5000) + `"]`: `"failed"`,
		`[7]`: `"bad_request"`,
	} {
		if got := a.call("alice", "Tweet", args); !strings.Contains(got, want) {
			t.Errorf("%.60s: %s, not %s", args, got, want)
		}
	}
	if sent := a.posts("alice", "Sent"); len(sent) != 0 {
		t.Errorf("sent: %+v", sent)
	}
	for call, args := range map[string]string{"Subscribe": `["no tag","lamp"]`, "DeviceToken": `["No device"]`} {
		if got := a.call("alice", call, args); !strings.Contains(got, `"failed"`) {
			t.Errorf("%s%s: %s", call, args, got)
		}
	}
	if got := a.call("alice", "Subscribe", `["tag","No device"]`); !strings.Contains(got, `"failed"`) || strings.Contains(a.entries("alice", "alice", "tags"), "tag") {
		t.Errorf("a device that can't be: %s, %s", got, a.entries("alice", "alice", "tags"))
	}
}

func TestTheLatestPostsAreKept(t *testing.T) {
	a := newAPI(t)
	a.do("alice", "Subscribe", `["a","lamp"]`)
	for i := range 53 {
		a.do("alice", "Tweet", fmt.Sprintf(`["buzz #a for %d"]`, i))
	}
	for _, method := range []string{"Sent", "Received"} {
		a.until(method, func() bool {
			all := texts(a.posts("alice", method))
			return len(all) == 50 && all[0] == "alice/home: buzz #a for 3" && all[49] == "alice/home: buzz #a for 52"
		})
	}
}

func TestDEV1_WhatBecameOfAPostIsInTheTimeline(t *testing.T) {
	a := newAPI(t)
	a.do("alice", "UpdateACL", `[{"add":["bob"]},{}]`)
	a.do("alice", "Subscribe", `["a","lamp"]`)
	a.do("alice", "Tweet", `["flash #a"]`)
	a.until("there is no lamp yet", func() bool {
		got := a.entries("bob", "alice", "timeline")
		return strings.Contains(got, `"Result":"refused"`) && strings.Contains(got, "There is no device lamp here")
	})
	a.do("alice", "DeviceToken", `["lamp"]`)
	a.do("alice", "Tweet", `["flash #a NOW+3600000 for 340"]`)
	var waits struct{ Entries map[string]any }
	a.until("a bundle waits", func() bool {
		return json.Unmarshal([]byte(a.entries("alice", "alice", "lamp-bundles")), &waits) == nil && len(waits.Entries) == 1
	})
	for id := range waits.Entries {
		a.do("alice", "DeviceReport", `["lamp",{"on":true},[{"id":"`+id+`","outcome":"done","command":"pin","due":1795336800340000,"ran":1795336800341000,"bound":2000}]]`)
	}
	a.until("the outcome is there", func() bool {
		got := a.entries("bob", "alice", "timeline")
		return strings.Contains(got, `"Result":"done"`) && strings.Contains(got, `"Ran":"2026-11-22T08:40:00.341Z"`) && strings.Contains(got, `"Bound":2000000`)
	})
	if got := a.entries("eve", "alice", "timeline"); !strings.Contains(got, `"not_allowed"`) {
		t.Errorf("eve sees %s", got)
	}
	if got := a.entries("eve", "alice", "acl"); !strings.Contains(got, `"bob":true`) {
		t.Errorf("the group is %s", got)
	}
}

func TestATokenIsForItsDevice(t *testing.T) {
	a := newAPI(t)
	var got struct{ Result string }
	if err := json.Unmarshal([]byte(a.call("alice", "DeviceToken", `["lamp"]`)), &got); err != nil || got.Result == "" {
		t.Fatal(err)
	}
	report := func(device string) string {
		return a.ask("POST", "/api/tweetiot/alice/home/DeviceReport", got.Result, `["`+device+`",{},[]]`)
	}
	if reply := report("lamp"); !strings.Contains(reply, `"result"`) {
		t.Error(reply)
	}
	if reply := report("buzzer"); !strings.Contains(reply, `"not_allowed"`) {
		t.Error(reply)
	}
	if reply := a.ask("POST", "/api/tweetiot/alice/home/Tweet", got.Result, `["flash #a"]`); !strings.Contains(reply, `"not_allowed"`) {
		t.Error(reply)
	}
	a.do("alice", "DeviceToken", `["lamp"]`)
	if reply := report("lamp"); !strings.Contains(reply, `"unauthenticated"`) {
		t.Errorf("the token before: %s", reply)
	}
}
