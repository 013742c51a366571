package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

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
