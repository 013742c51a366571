package sentinel

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

	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/server"
)

// house is a server with both apps, whose clock stands still.
type house struct {
	t      *testing.T
	clock  *clock.Fake
	dir    string
	server *server.Server
	tokens map[string]string
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), dir: t.TempDir(), tokens: map[string]string{}}
	h.up()
	t.Cleanup(h.down)
	return h
}

func (h *house) up() {
	s, err := server.New(server.Options{Data: h.dir, Dev: true, Clock: h.clock, Logger: slog.New(slog.DiscardHandler)}, App, tweetiot.App)
	if err != nil {
		h.t.Fatal(err)
	}
	h.server = s
}

func (h *house) down() {
	if err := h.server.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *house) ask(method, path, token, body string) string {
	h.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Body)
	return strings.TrimSpace(string(text))
}

func (h *house) token(owner string) string {
	h.t.Helper()
	if h.tokens[owner] == "" {
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(h.ask(http.MethodPost, "/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil {
			h.t.Fatal(err)
		}
		h.tokens[owner] = got.Token
	}
	return h.tokens[owner]
}

// call calls a method of an owner's assistant in an app.
func (h *house) call(app, owner, method, args string) string {
	h.t.Helper()
	return h.ask(http.MethodPost, "/api/"+app+"/"+owner+"/home/"+method, h.token(owner), args)
}

// do calls a method that has to work.
func (h *house) do(app, owner, method, args string) {
	h.t.Helper()
	if got := h.call(app, owner, method, args); strings.Contains(got, `"error"`) {
		h.t.Fatalf("%s's %s%s: %s", owner, method, args, got)
	}
}

func (h *house) level(owner string, level float64) {
	h.do("sentinel", owner, "Report", fmt.Sprintf("[%v]", level))
}

// view is what an owner's page shows.
func (h *house) view(owner string) (v View) {
	h.t.Helper()
	var got struct{ Entries map[string]View }
	text := h.ask(http.MethodGet, "/api/sentinel/"+owner+"/home/maps/state", h.token(owner), "")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		h.t.Fatal(text, err)
	}
	return got.Entries["view"]
}

// until waits until an owner's view is as it should be.
func (h *house) until(what, owner string, is func(View) bool) {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(h.view(owner)); {
		if time.Now().After(end) {
			h.t.Fatalf("in vain: %s; %+v", what, h.view(owner))
		}
	}
}

// sees waits until an owner's sentinel knows a mean.
func (h *house) sees(owner string, known int, mean float64) {
	h.t.Helper()
	h.until(fmt.Sprint("a mean of ", mean), owner, func(v View) bool { return v.Known == known && v.Mean == mean })
}

// received are the posts that a device's owner has got.
func (h *house) received(owner string) int {
	h.t.Helper()
	return strings.Count(h.call("tweetiot", owner, "Received", "[]"), `"text"`)
}

func (h *house) gets(owner string, n int) {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); h.received(owner) != n; {
		if time.Now().After(end) {
			h.t.Fatalf("%s has got %s", owner, h.call("tweetiot", owner, "Received", "[]"))
		}
	}
}

// friends have joined each other; alice guards, and carol's lamp follows the tag.
func (h *house) friends() {
	h.t.Helper()
	all := []string{"alice", "bob", "carol"}
	for _, a := range all {
		h.level(a, 40)
		for _, b := range all {
			if a != b {
				h.do("sentinel", a, "Join", `["`+b+`"]`)
			}
		}
	}
	h.do("tweetiot", "carol", "UpdateACL", `[{"add":["sentinel:alice"],"remove":[]},{"add":[],"remove":[]}]`)
	h.do("tweetiot", "carol", "Subscribe", `["#noise","lamp"]`)
	h.do("sentinel", "alice", "Guard", `[{"post":"flash #noise at NOW+2000","high":80,"low":60,"rest":60}]`)
	h.sees("alice", 3, 40)
}

// Nobody posts, and yet a lamp that listens to nobody but alice's sentinel gets one post for each time that it got loud.
func TestAPostIsMadeWhenTheMeanCrossesAThreshold(t *testing.T) {
	h := newHouse(t)
	h.friends()
	h.level("bob", 100)
	h.level("carol", 99)
	h.sees("alice", 3, 239.0/3)
	h.level("alice", 41) // now it is 80
	h.gets("carol", 1)
	if got := h.call("tweetiot", "carol", "Received", "[]"); !strings.Contains(got, `"from":"sentinel:alice/home"`) || !strings.Contains(got, `"at":"2030-01-01T00:00:02Z"`) {
		t.Error(got)
	}

	// It trembles, and rises and falls a bit, for longer than the rest: that is no second crossing.
	for _, level := range []float64{38, 50, 30, 80, 41} {
		h.clock.Advance(30 * time.Second)
		h.level("bob", 100)
		h.level("carol", 99)
		h.level("alice", level)
		h.sees("alice", 3, (199+level)/3)
	}
	if v := h.view("alice"); v.Calm || len(v.Posts) != 1 {
		t.Errorf("%+v", v)
	}

	// It calms down, and gets loud again.
	h.level("bob", 0)
	h.until("calm", "alice", func(v View) bool { return v.Calm })
	h.level("bob", 100)
	h.gets("carol", 2)
}

// A second crossing within the rest is made up for when the rest is over, if it is loud still, by nobody's doing.
func TestItRestsAndThenLooksByItself(t *testing.T) {
	h := newHouse(t)
	h.friends()
	cross := func() {
		h.level("bob", 100)
		h.level("carol", 100)
		h.level("alice", 100)
		h.sees("alice", 3, 100)
	}
	cross()
	h.gets("carol", 1)
	h.level("alice", 0)
	h.level("bob", 0)
	h.until("calm", "alice", func(v View) bool { return v.Calm })
	h.clock.Advance(10 * time.Second)
	cross()
	if v := h.view("alice"); !v.Calm || len(v.Posts) != 1 {
		t.Errorf("it did not rest: %+v", v)
	}
	h.clock.Advance(time.Minute)
	h.gets("carol", 2)
}

// The post of somebody who was joined will do; that of anybody else changes nothing.
func TestAPostOfAFriendsWillDo(t *testing.T) {
	h := newHouse(t)
	h.friends()
	h.do("tweetiot", "eve", "Tweet", `["buzz #noise NOW"]`)
	h.do("tweetiot", "bob", "Tweet", `["buzz #noise NOW"]`)
	h.until("bob's post", "alice", func(v View) bool {
		return len(v.Posts) == 1 && v.Posts[0].From == "tweetiot:bob/home" && !v.Rests.IsZero()
	})
	for _, who := range []string{"alice", "bob", "carol"} {
		h.level(who, 90)
	}
	h.sees("alice", 3, 90)
	if v := h.view("alice"); len(v.Posts) != 1 {
		t.Errorf("%+v", v)
	}
	h.clock.Advance(time.Minute)
	h.gets("carol", 1)
}

// Levels grow old while nothing happens, and what is alone or not shared does not count.
func TestLevelsGrowOld(t *testing.T) {
	h := newHouse(t)
	h.friends()
	h.clock.Advance(9 * time.Minute)
	h.level("alice", 90)
	h.level("bob", 70)
	h.sees("alice", 3, 200.0/3)
	h.clock.Advance(time.Minute)
	h.gets("carol", 1) // carol's low level is forgotten
	h.sees("alice", 2, 80)
	if m := h.view("alice").Members; m[2].Who != "carol" || m[2].Known || m[2].Why == "" {
		t.Errorf("%+v", m)
	}
	h.do("sentinel", "bob", "Leave", `["alice"]`)
	h.do("sentinel", "alice", "Look", `[]`)
	h.until("bob to be gone", "alice", func(v View) bool { return v.Known == 1 })
	h.do("sentinel", "alice", "Leave", `["bob"]`)
	h.until("bob to be nobody", "alice", func(v View) bool { return len(v.Members) == 2 })
}

// A device's level counts like one that is told, and what was watched is watched by the next server, too.
func TestASensorAndARestart(t *testing.T) {
	h := newHouse(t)
	h.friends()
	h.down()
	h.up()
	for _, who := range []string{"alice", "bob", "carol"} {
		var got struct{ Result string }
		if err := json.Unmarshal([]byte(h.call("sentinel", who, "SensorToken", "[]")), &got); err != nil {
			t.Fatal(err)
		}
		if said := h.ask(http.MethodPost, "/api/sentinel/"+who+"/home/DeviceReport", got.Result, `["sensor",{"level":85},[]]`); strings.Contains(said, `"error"`) {
			t.Fatal(said)
		}
	}
	h.sees("alice", 3, 85)
	h.gets("carol", 1)
}

func TestWhatCantBe(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ method, args string }{
		{"Report", `[-1]`}, {"Report", `[101]`}, {"Report", `["loud"]`}, {"Join", `["alice"]`}, {"Join", `["Not a name"]`}, {"Join", `[""]`},
		{"Guard", `[{"post":"flash #a","high":50,"low":50,"rest":1}]`}, {"Guard", `[{"post":"flash #a","high":101,"low":50,"rest":1}]`},
		{"Guard", `[{"post":"flash #a","high":60,"low":-1,"rest":1}]`}, {"Guard", `[{"post":"flash #a","high":60,"low":50,"rest":0}]`},
		{"Guard", `[{"post":"dance #a","high":60,"low":50,"rest":1}]`}, {"OnPost", `[{}]`}, {"OnReading", `[{}]`},
	} {
		if got := h.call("sentinel", "alice", c.method, c.args); !strings.Contains(got, `"error"`) {
			t.Errorf("%s%s: %s", c.method, c.args, got)
		}
	}
	h.do("sentinel", "alice", "Guard", `[{"post":"flash #a","high":60,"low":50,"rest":1}]`)
	h.do("sentinel", "alice", "Guard", `[{"post":"","high":60,"low":50,"rest":1}]`)
	if got := h.ask(http.MethodPost, "/api/sentinel/alice/home/Report", h.token("eve"), "[1]"); !strings.Contains(got, `"not_allowed"`) {
		t.Error(got)
	}
}
