package server

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCHAN1_RepeatedEventsAreAnsweredAlikeAndRunOnce(t *testing.T) {
	k := newStation(t)
	a, b := k.channel("a", everything), k.channel("b", everything)
	first := k.knock(200, a, "x/test/go?n=1")
	if again := k.knock(200, a, "x/test/go?n=1"); again != first || !strings.Contains(first, `"eid":"x"`) {
		t.Error(first, again)
	}
	k.restart()
	if again := k.knock(200, a, "x/test/go?n=1"); again != first {
		t.Error(first, again)
	}
	if w := k.visit("POST", "/c/"+a+"/event-wait/test/go?n=1", "", "Idempotency-Key", "x"); w.Body.String() != first {
		t.Error("by header:", w.Code, w.Body)
	}
	if w := k.visit("POST", "/c/"+a+"/event/test/go?n=1", "", "Idempotency-Key", "x"); w.Body.String() != `"x"` {
		t.Error("by header:", w.Code, w.Body)
	}
	for _, other := range []string{"x/test/go?n=2", "x/test/go", "x/test/gone?n=1", "x/tests/go?n=1", "x/test/go?n=1&m=1"} {
		if body := k.knock(409, a, other); !strings.Contains(body, "conflict") {
			t.Error(body)
		}
	}
	k.want("alice", "station/alice/home/Count", `[]`, "1")
	k.knock(200, b, "x/test/go?n=5") // of another channel
	k.want("alice", "station/alice/home/Count", `[]`, "2")
	if a := k.do("alice", "station/alice/home/Add", `[1]`, "Idempotency-Key", "x"); string(a.Result) != "3" { // of the owner
		t.Error(a)
	}
	k.knock(200, a, "x/test/go?n=1")
	k.want("alice", "station/alice/home/Count", `[]`, "3")
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	k.knock(200, k.channel("a", everything), "x/test/go?n=9") // of the next one of that name
	k.want("alice", "station/alice/home/Count", `[]`, "4")
	k.clock.Advance(25 * time.Hour)
	k.knock(200, b, "x/test/go?n=6") // a day is what is promised
}

func TestCHAN1_AnEventThatComesManyTimesAtOnceIsRunOnce(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	var all sync.WaitGroup
	answers := make(chan string, 30)
	for range 30 {
		all.Go(func() { answers <- k.visit("POST", "/sky/event/"+eci+"/x/test/go?n=1", "").Body.String() })
	}
	all.Wait()
	first := <-answers
	for range 29 {
		if again := <-answers; again != first {
			t.Error(first, again)
		}
	}
	k.want("alice", "station/alice/home/Count", `[]`, "1")
}

func TestCHAN1_NoneIsNoEventID(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	for i, v := range []struct {
		path   string
		header []string
	}{
		{"/sky/event/" + eci + "/none/test/go", nil}, {"/sky/event/" + eci + "//test/go", nil}, {"/c/" + eci + "/event-wait/test/go", nil}, {"/c/" + eci + "/event/test/go", nil},
		{"/c/" + eci + "/event-wait/test/go", []string{"Idempotency-Key", ""}}, {"/c/" + eci + "/event-wait/test/go", []string{"Idempotency-Key", "none"}},
	} {
		w, again := k.visit("POST", v.path, "", v.header...), k.visit("POST", v.path, "", v.header...)
		if w.Code != 200 || again.Code != 200 || w.Body.String() == again.Body.String() || strings.Contains(w.Body.String(), `"none"`) {
			t.Error(v.path, w.Code, w.Body, again.Body)
		}
		k.want("alice", "station/alice/home/Count", `[]`, fmt.Sprint(2*i+2))
	}
	for _, header := range [][]string{{"Idempotency-Key", "a", "Idempotency-Key", "b"}, {"Idempotency-Key", strings.Repeat("k", 129)}, {"Idempotency-Key", "a b"}} {
		if w := k.visit("POST", "/c/"+eci+"/event/test/go", "", header...); w.Code != 400 {
			t.Error(header, w.Code, w.Body)
		}
	}
	k.knock(200, eci, "id/test/go") // the path's own counts, whatever the header says
	k.knock(200, eci, "id/test/go", "Idempotency-Key", "other")
	k.want("alice", "station/alice/home/Count", `[]`, "13")
}

func TestCHAN1_AHandlerThatFailsHasDoneNothing(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	for path, message := range map[string]string{
		"id/test/fail": "as asked", "id/test/panic": "panicked", "id/test/then-fail": "as asked", "id/test/loop": "at most 100 events", "id/test/bad-raise": "event's domain",
	} {
		for range 2 { // it is not answered from a receipt: it may succeed yet
			body := k.knock(422, eci, path)
			if !strings.Contains(body, message) || strings.Contains(body, "secret") || strings.Contains(body, "directives") {
				t.Error(path, body)
			}
		}
	}
	k.clock.Advance(time.Hour)
	k.rest()
	k.want("alice", "station/alice/home/Count", `[]`, "0")
	if log := k.log(); len(log) != 0 {
		t.Error(log)
	}
	k.knock(200, eci, "id/test/go") // the id was not used up
	k.refused("alice", "station/alice/home/RaiseAndFail", `[]`, "failed")
	k.clock.Advance(time.Hour)
	k.rest()
	k.want("alice", "station/alice/home/Count", `[]`, "1")
}

func TestCHAN1_AHandlerThatOverrunsItsDeadline(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- k.visit("POST", "/sky/event/"+eci+"/id/test/wait", "") }()
	<-k.gates().in
	var w *httptest.ResponseRecorder
	until(t, "the deadline", func() bool {
		k.clock.Advance(time.Minute)
		select {
		case w = <-done:
			return true
		default:
			return false
		}
	})
	if !strings.Contains(w.Body.String(), `"deadline"`) || w.Code < 500 {
		t.Error(w.Code, w.Body)
	}
	k.gates().out <- struct{}{}
	k.want("alice", "station/alice/home/Count", `[]`, "0")
	k.knock(200, eci, "id/test/go")
}

func TestEventsThatEventsRaiseRunInOrder(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", Attenuation{Events: []Pattern{{"test", "raise"}}}) // what is raised inside needs no channel
	body := k.knock(200, eci, "1/test/raise?n=7")
	want := []string{"test:raise 7 by channel/a", "more:first 7 by channel/a", "more:second by channel/a", "more:third by channel/a"}
	if log := k.log(); !slices.Equal(log, want) || strings.Count(body, `"heard"`) != 4 {
		t.Error(log, body)
	}
	k.want("alice", "station/alice/home/RaiseMany", `[100]`, "null")
	k.want("alice", "station/alice/home/Count", `[]`, "104")
	if a := k.refused("alice", "station/alice/home/RaiseMany", `[101]`, "failed"); !strings.Contains(a.Error.Message, "at most 100") {
		t.Error(a.Error)
	}
	k.refused("alice", "station/alice/home/Raise", `["more","loop",1]`, "failed")
	k.refused("alice", "station/alice/home/Raise", `["more","fail",1]`, "failed")
	k.refused("alice", "station/alice/home/Raise", `["","x",1]`, "failed")
	k.refused("alice", "station/alice/home/Raise", `["a/b","x",1]`, "failed")
	k.refused("alice", "station/alice/home/Raise", `["system","subscribe",1]`, "failed") // with nobody
	k.want("alice", "station/alice/home/Count", `[]`, "104")
	k.want("alice", "station/alice/home/Raise", `["own","said",3]`, "null")
	if log := k.log(); log[len(log)-1] != "own:said 3 by alice" {
		t.Error(log[len(log)-1])
	}
}

// A command that fails says nothing of the channel: who is told that a channel is not there gives it up.
func TestCHAN1_CommandsThatFailAreNoMissingChannels(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", Attenuation{Events: []Pattern{{"wrangler", "*"}, {"system", "*"}}})
	for _, path := range []string{
		"none/wrangler/subscription_cancellation?Id=none", "none/wrangler/pending_subscription_approval?Id=none", "none/wrangler/inbound_rejection?Id=none", "none/wrangler/subscription_cancellation",
		"none/system/subscribe", "none/wrangler/subscription?wellKnown_Tx=",
	} {
		k.knock(422, eci, path)
	}
}

func TestEventsByTimers(t *testing.T) {
	k := newStation(t)
	heard := func(want ...string) {
		t.Helper()
		until(t, strings.Join(want, ", "), func() bool { return slices.Equal(k.log(), want) })
	}
	ask[TimerID](k, "alice", "station/alice/home/RaiseIn", `[1000,"test","once"]`)
	cancelled := ask[TimerID](k, "alice", "station/alice/home/RaiseIn", `[1500,"test","never"]`)
	often := ask[TimerID](k, "alice", "station/alice/home/RaiseEach", `[2000,"test","often"]`)
	k.want("alice", "station/alice/home/Cancel", args(cancelled), "true")
	k.restart()
	k.clock.Advance(time.Second)
	heard("test:once 1000 by alice/home")
	k.clock.Advance(time.Second)
	heard("test:once 1000 by alice/home", "test:often 2000 by alice/home")
	k.restart()
	k.clock.Advance(2 * time.Second)
	heard("test:once 1000 by alice/home", "test:often 2000 by alice/home", "test:often 2000 by alice/home")
	k.want("alice", "station/alice/home/Cancel", args(often), "true")
	k.want("alice", "station/alice/home/Cancel", args(often), "false")
	k.clock.Advance(10 * time.Second)
	k.restart()
	k.clock.Advance(10 * time.Second)
	k.rest()
	if log := k.log(); len(log) != 3 {
		t.Error(log)
	}
	for _, c := range []string{`[0,"test","often"]`, `[-1,"test","often"]`, `[1,"","often"]`, `[1,"a/b","often"]`} {
		k.refused("alice", "station/alice/home/RaiseEach", c, "failed")
	}
	ask[TimerID](k, "alice", "station/alice/home/RaiseIn", `[-1000,"test","late"]`)
	until(t, "what was due", func() bool { return len(k.log()) == 4 }, k)
}

func TestHandlersThatComeAndGo(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	for _, h := range []string{`["test","*","OnSecond"]`, `["test","go","OnSecond"]`, `["test","go","OnEvent"]`, `["test","go","OnEvent"]`} {
		k.want("alice", "station/alice/home/Take", h, "null")
	}
	k.restart()
	if body := k.knock(200, eci, "none/test/go"); strings.Count(body, `"heard"`) != 1 || strings.Count(body, `"name":"OnSecond","options":{"type":"go"}`) != 1 {
		t.Error(body)
	}
	if log := k.log(); !slices.Equal(log, []string{"test:go by channel/a", "second go"}) {
		t.Error(log)
	}
	k.want("alice", "station/alice/home/Leave", `["*","*","OnEvent"]`, "true")
	k.want("alice", "station/alice/home/Leave", `["*","*","OnEvent"]`, "false")
	k.want("alice", "station/alice/home/Leave", `["test","go","OnEvent"]`, "true")
	k.want("alice", "station/alice/home/Leave", `["test","*","OnSecond"]`, "true")
	k.restart()
	k.knock(200, eci, "none/test/go")
	k.knock(200, eci, "none/other/go") // heard by nobody, and harmless
	if log := k.log(); !slices.Equal(log[2:], []string{"second go"}) {
		t.Error(log)
	}
}

func TestHandlersAreLimited(t *testing.T) {
	k := newStation(t)
	k.want("alice", "station/alice/home/TakeMany", `[0,255]`, "null")
	if a := k.refused("alice", "station/alice/home/Take", `["a","b","OnEvent"]`, "failed"); !strings.Contains(a.Error.Message, "256") {
		t.Error(a.Error)
	}
	k.refused("alice", "station/alice/home/Answer", `["a","b","OnQuery"]`, "failed")
	k.restart()
	k.knock(200, k.channel("a", everything), "none/many/t254")
	k.want("alice", "station/alice/home/Leave", `["many","t0","OnEvent"]`, "true")
	k.want("alice", "station/alice/home/Answer", `["a","b","OnQuery"]`, "null")
}

// smaller is a station's next version, which has fewer methods.
type smaller struct {
	Heard []string
	N     int
}

func (s *smaller) Count(*Tx) int                           { return s.N }
func (s *smaller) OnEvent(_ *Tx, n int)                    { s.N += 100 * n } // a request's, of the name that a handler had
func (s *smaller) OnSecond(_ *Tx, e Event) error           { s.N += 10; return nil }
func (s *smaller) OnQuery(*Tx) int                         { return s.N }
func (s *smaller) Take(tx *Tx, d, ty, method string) error { return tx.On(d, ty, method) }

func TestHandlersThatANewVersionHasNot(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	k.want("alice", "station/alice/home/Take", `["test","*","OnSecond"]`, "null")
	k.want("alice", "station/alice/home/Answer", `["*","*","OnQuery"]`, "null")
	ask[TimerID](k, "alice", "station/alice/home/RaiseIn", `[1000,"test","go"]`)
	k.knock(200, eci, "none/test/go")
	k.stop()
	old := k.apps
	k.apps = []App{{Name: "station", Version: "2", New: func() CA { return new(smaller) }}}
	k.start()
	if body := k.knock(200, eci, "none/test/go"); strings.Contains(body, "OnEvent") {
		t.Error(body)
	}
	if w := k.visit("GET", "/sky/cloud/"+eci+"/a/b", ""); w.Code != 400 {
		t.Error(w.Code, w.Body)
	}
	k.want("alice", "station/alice/home/Count", `[]`, "11")
	k.clock.Advance(time.Second)
	until(t, "the timer", func() bool { return ask[int](k, "alice", "station/alice/home/Count", `[]`) == 21 })
	k.stop()
	k.apps = old
	k.start()
	if body := k.knock(200, eci, "none/test/go"); !strings.Contains(body, "heard") {
		t.Error("handlers are lost on the way back:", body)
	}
}
