package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
	k.want("alice", "station/alice/home/Count", `[]`, "0")
	if log := k.log(); len(log) != 0 {
		t.Error(log)
	}
	k.knock(200, eci, "id/test/go") // the id was not used up
	k.refused("alice", "station/alice/home/RaiseAndFail", `[]`, "failed")
	k.clock.Advance(time.Hour)
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

func TestEventsInAllForms(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	forms := map[string]string{
		"/sky/event/%s/none/test/go": `{"eid":"`, "//sky//event/%s/none/test/go/": `{"eid":"`, "/c/%s/event/test/go": `"`, "/c/%s/event-wait/test/go": `{"eid":"`, "/c//%s/event-wait/test//go": `{"eid":"`,
		"/%%73ky/event/%s/none/te%%73t/go": `{"eid":"`,
	}
	n := 0
	for form, start := range forms {
		path := fmt.Sprintf(form, eci)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			w := k.visit(method, path, "")
			if w.Code != 200 || !strings.HasPrefix(w.Body.String(), start) || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cache-Control") != "no-store" {
				t.Error(method, path, w.Code, w.Header(), w.Body)
			}
			n++
		}
		for _, method := range []string{"HEAD", "TRACE", "BREW"} {
			if w := k.visit(method, path, ""); w.Code != 405 || !strings.Contains(w.Header().Get("Allow"), "POST") {
				t.Error(method, path, w.Code, w.Body)
			}
		}
		w := k.visit("OPTIONS", path, "", "Origin", "https://a.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type, idempotency-key")
		if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Allow-Methods"), "POST") ||
			!strings.Contains(strings.ToLower(w.Header().Get("Access-Control-Allow-Headers")), "content-type") || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Error(w.Code, w.Header())
		}
	}
	k.want("alice", "station/alice/home/Count", `[]`, fmt.Sprint(n))
	for path, status := range map[string]int{
		"/sky/event/%s/none/test": 404, "/sky/event/%s/none/test/go/more": 404, "/sky/events/%s/none/test/go": 404, "/c/%s": 404, "/c/%s/events/test/go": 404, "/c/%s/event/test": 404,
		"/sky/event/%s/none/test/%%2e%%2e": 400, "/sky/event/%s/none/te%%2fst/go": 400, "/sky/event/%s/none/*/go": 400, "/sky/event/%s/none/test/%%00": 400,
		"/sky/event/%s/" + strings.Repeat("x", 129) + "/test/go": 400, "/sky/event/%s/none/" + strings.Repeat("x", 129) + "/go": 400, "/sky/event/%s/none/te%%20st/go": 400,
	} {
		r := httptest.NewRequest("POST", "http://localhost/", nil)
		r.URL.RawPath = fmt.Sprintf(path, eci)
		unescaped, err := r.URL.Parse(r.URL.RawPath)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = unescaped
		w := httptest.NewRecorder()
		k.ServeHTTP(w, r)
		if w.Code != status || !strings.Contains(w.Body.String(), `"message"`) || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Error(path, w.Code, w.Body)
		}
	}
	k.want("alice", "station/alice/home/Count", `[]`, fmt.Sprint(n))
}

func TestBodiesOfEvents(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	path := "/c/" + eci + "/event-wait/test/go"
	const json, form = "application/json", "application/x-www-form-urlencoded"
	for _, c := range []struct {
		method, query, media, body string
		status                     int
		n                          string
	}{
		{"POST", "?n=1", "", "", 200, "1"}, {"POST", "?n=1", json, `{"n":2}`, 200, "2"}, {"POST", "?n=1", form, `n=3`, 200, "3"}, {"GET", "?n=1", json, `{"n":4}`, 200, "4"}, {"DELETE", "", form, `n=5&m=`, 200, "5"},
		{"POST", "", json + "; charset=utf-8", `{"n":6,"_headers":{"a":"b"},"x":null}`, 200, "6"}, {"POST", "?n=7", "text/plain", "", 200, "7"}, {"POST", "?n=8", json, `{}`, 200, "8"},
		{"POST", "", "text/plain", "n=1", 415, ""}, {"POST", "", "", "n=1", 415, ""}, {"POST", "", "multipart/form-data; boundary=x", "--x--", 415, ""}, {"POST", "", json + "; charset=latin1", `{}`, 415, ""}, {"POST", "", "text/json", `{}`, 415, ""},
		{"POST", "", json, `[1]`, 400, ""}, {"POST", "", json, `{"n":1`, 400, ""}, {"POST", "", json, `{"n":1}{}`, 400, ""}, {"POST", "", json, `{"n":1,"n":1}`, 400, ""}, {"POST", "", json, `null`, 400, ""}, {"POST", "", json, "\xff", 400, ""},
		{"POST", "", form, `n=1&n=2`, 400, ""}, {"POST", "?n=1&n=1", "", "", 400, ""}, {"POST", "", form, `%zz=1`, 400, ""}, {"POST", "", form, `=1`, 400, ""}, {"POST", "?=1", "", "", 400, ""},
		{"POST", "", json, `{"n":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""}, {"POST", "", json, `{"n":"` + strings.Repeat("x", 300<<10) + `"}`, 413, ""},
		{"POST", "", json, `{"n":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 400, ""}, {"POST", "", form, strings.Repeat("a&", 1), 200, ""},
	} {
		for _, streamed := range []bool{false, true} {
			before := len(k.log())
			var body io.Reader = strings.NewReader(c.body)
			if streamed {
				body = io.MultiReader(body) // its length is not known before
			}
			r := httptest.NewRequest(c.method, "http://localhost"+path+c.query, body)
			if streamed {
				r.ContentLength = -1
			}
			if c.media != "" {
				r.Header.Set("Content-Type", c.media)
			}
			w := httptest.NewRecorder()
			k.ServeHTTP(w, r)
			if w.Code != c.status || c.status != 200 && !strings.Contains(w.Body.String(), `"message"`) {
				t.Errorf("%s %s %q %.40q: %d %s", c.method, c.query, c.media, c.body, w.Code, w.Body)
			}
			log := k.log()
			if heard := len(log) > before; heard != (c.status == 200) || heard && c.n != "" && log[len(log)-1] != "test:go "+c.n+" by channel/a" {
				t.Errorf("%s %s %q %.40q: heard %v", c.method, c.query, c.media, c.body, log[before:])
			}
		}
	}
}

// unread is a body that somebody says to be larger than is taken: nobody reads it.
type unread struct{ t *testing.T }

func (e unread) Read([]byte) (int, error) {
	e.t.Error("a body was read that is too large")
	return 0, io.ErrUnexpectedEOF
}

func TestOPS1_EventsThatSayToBeTooLargeAreNotRead(t *testing.T) {
	k := newStation(t)
	r := httptest.NewRequest("POST", "http://localhost/c/"+k.channel("a", everything)+"/event/test/go", unread{t})
	r.ContentLength = 1<<20 + 1
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Error(w.Code, w.Body)
	}
}

// Over a real connection, those who send too much read why, and the next ones are served.
func TestOPS1_LargeEventsOverTheNetwork(t *testing.T) {
	k := newSite(t, cloudApp())
	url := ask[Channel](k.kit, "alice", "cloud/alice/home/Open", args("a", everything)).URL
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	send := func(n int, streamed bool) int {
		t.Helper()
		var body io.Reader = strings.NewReader(`{"n":"` + strings.Repeat("x", n) + `"}`)
		if streamed {
			body = io.MultiReader(body)
		}
		answer, err := client.Post(url+"/none/test/go", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Error(err)
		}
		return answer.StatusCode
	}
	for _, streamed := range []bool{false, true} {
		for n, status := range map[int]int{1: 200, 200_000: 200, 2_000_000: 413, 300_000: 413} {
			if got := send(n, streamed); got != status {
				t.Errorf("%d bytes, streamed %v: %d", n, streamed, got)
			}
		}
	}
}

func TestOPS1_EventsThatComeSlowlyHaveADeadlineAndTheirHandlersDoNot(t *testing.T) {
	k := newStation(t)
	body, feed := io.Pipe()
	r := httptest.NewRequest("POST", "http://localhost/c/"+k.channel("a", everything)+"/event/test/go", body)
	r.Header.Set("Content-Type", "application/json")
	go func() {
		_, _ = feed.Write([]byte("{}"))
		_ = feed.Close()
	}()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, r)
	if n := len(w.read); w.Code != 200 || n < 2 || w.read[n-2].IsZero() || !w.read[n-1].IsZero() {
		t.Error(w.Code, w.read)
	}
	body, feed = io.Pipe()
	_ = feed.CloseWithError(context.DeadlineExceeded)
	r = httptest.NewRequest("POST", r.URL.String(), body)
	w = &deadlines{ResponseRecorder: httptest.NewRecorder()}
	if k.ServeHTTP(w, r); w.Code != 400 {
		t.Error(w.Code, w.Body)
	}
}

func TestOPS1_BodiesOfEventsThatNeverEndHoldNobodyUp(t *testing.T) {
	k := newStation(t)
	path := "http://localhost/c/" + k.channel("a", everything) + "/event/test/go"
	var feeds []*io.PipeWriter
	done := make(chan int, 40)
	for range 40 {
		body, feed := io.Pipe()
		feeds = append(feeds, feed)
		go func() {
			w := httptest.NewRecorder()
			k.ServeHTTP(w, httptest.NewRequest("POST", path, body))
			done <- w.Code
		}()
	}
	for range 8 { // more than are read at a time
		if status := <-done; status != 429 {
			t.Error(status)
		}
	}
	k.want("alice", "station/alice/home/Count", `[]`, "0")
	if w := k.visit("POST", strings.TrimPrefix(path, "http://localhost"), `{}`, "Content-Type", "application/json"); w.Code != 200 {
		t.Error("a small one:", w.Code, w.Body)
	}
	for _, feed := range feeds {
		_ = feed.Close()
	}
	for range 32 {
		if status := <-done; status != 200 {
			t.Error(status)
		}
	}
}

func TestOPS2_ADrainingServerAnswersWhatIsUnderWay(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	held, drained := make(chan *httptest.ResponseRecorder), make(chan error)
	go func() { held <- k.visit("POST", "/sky/event/"+eci+"/1/test/wait", "") }()
	<-k.gates().in
	go func() { drained <- k.Drain(context.Background()) }()
	until(t, "a refusal", func() bool { return k.draining.Load() })
	var w *httptest.ResponseRecorder
	until(t, "a refusal", func() bool {
		w = k.visit("POST", "/sky/event/"+eci+"/none/other/idle", "")
		return w.Code == 503
	})
	if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "unavailable") {
		t.Error(w.Header(), w.Body)
	}
	select {
	case err := <-drained:
		t.Error("it has not waited", err)
	default:
	}
	k.gates().out <- struct{}{}
	first := <-held
	if first.Code != 200 || !strings.Contains(first.Body.String(), "heard") {
		t.Error(first.Code, first.Body)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	k.restart()
	if again := k.knock(200, eci, "1/test/wait"); again != first.Body.String() {
		t.Error(again)
	}
}
