package session

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

const addURL = "http://wab.test/api/counter/alice/home/Add"

func (st *stand) do(method, url, body string, header ...string) (*http.Response, string) {
	st.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		st.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := st.http.Do(r)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	return resp, string(b)
}

func (st *stand) post(url, body string, header ...string) (*http.Response, string) {
	return st.do("POST", url, body, append([]string{"Authorization", "Bearer alice"}, header...)...)
}

func TestHTTPCallsAMethod(t *testing.T) {
	st := newStand(t, nil)
	resp, body := st.post(addURL, "[5]", "Content-Type", "application/json; charset=utf-8", "Idempotency-Key", "k-1")
	if resp.StatusCode != 200 || body != `{"result":5}` || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if _, body = st.post(addURL, "[5]", "Idempotency-Key", "k-1"); body != `{"result":5}` {
		t.Errorf("the repeated call gave %s", body)
	}
	if _, body = st.post("http://wab.test/api/counter/alice/home/Get", ""); body != `{"result":5}` {
		t.Errorf("Get gave %s", body)
	}
	r := st.bus.requests()[0]
	if r.Caller.Owner != "alice" || r.To != homeCA || r.Method != "Add" || r.Key.Text != "k-1" || r.Key.Run != "" || string(r.Args) != "\x81\x05" {
		t.Errorf("the bus heard %+v", r)
	}
}

func TestOPS1_BadHTTPRequests(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxBody = 1000 })
	secret := "sesame-open"
	for _, c := range []struct {
		what, method, url, body string
		header                  []string
		status                  int
		code                    wire.Code
	}{
		{"no token", "POST", addURL, "[1]", nil, 401, wire.Unauthenticated},
		{"bad token", "POST", addURL, "[1]", []string{"Authorization", "Bearer bad"}, 401, wire.Unauthenticated},
		{"another scheme", "POST", addURL, "[1]", []string{"Authorization", "Basic alice"}, 401, wire.Unauthenticated},
		{"GET", "GET", addURL, "", nil, 405, wire.BadRequest},
		{"PUT", "PUT", addURL, "[1]", nil, 405, wire.BadRequest},
		{"malformed", "POST", addURL, "[" + secret, alice, 400, wire.BadRequest},
		{"two values", "POST", addURL, "[1] [2]", alice, 400, wire.BadRequest},
		{"no array", "POST", addURL, `{"n":1}`, alice, 400, wire.BadRequest},
		{"too deep", "POST", addURL, strings.Repeat("[", 100) + strings.Repeat("]", 100), alice, 400, wire.BadRequest},
		{"too large", "POST", addURL, "[" + strings.Repeat(" ", 1000) + "]", alice, 413, wire.TooLarge},
		{"grows too large", "POST", addURL, "[" + strings.Repeat("0.1,", 200) + "1]", alice, 413, wire.TooLarge},
		{"not JSON, as a form", "POST", addURL, "a=1", append(alice, "Content-Type", "application/x-www-form-urlencoded"), 400, wire.BadRequest},
		{"empty key", "POST", addURL, "[1]", append(alice, "Idempotency-Key", ""), 400, wire.BadRequest},
		{"long key", "POST", addURL, "[1]", append(alice, "Idempotency-Key", strings.Repeat("k", 129)), 400, wire.BadRequest},
		{"key with a space", "POST", addURL, "[1]", append(alice, "Idempotency-Key", "a b"), 400, wire.BadRequest},
		{"key not ASCII", "POST", addURL, "[1]", append(alice, "Idempotency-Key", "é"), 400, wire.BadRequest},
		{"two keys", "POST", addURL, "[1]", append(alice, "Idempotency-Key", "a", "Idempotency-Key", "b"), 400, wire.BadRequest},
		{"bad name", "POST", "http://wab.test/api/counter/Alice/home/Add", "[1]", alice, 400, wire.BadRequest},
		{"reserved app", "POST", "http://wab.test/api/wab/alice/home/Add", "[1]", alice, 400, wire.BadRequest},
		{"name in disguise", "POST", "http://wab.test/api/counter/alice%2Fx/home/Add", "[1]", alice, 400, wire.BadRequest},
		{"long method", "POST", "http://wab.test/api/counter/alice/home/" + strings.Repeat("x", 65), "[1]", alice, 400, wire.BadRequest},
		{"unknown method", "POST", "http://wab.test/api/counter/alice/home/Nope", "[1]", alice, 400, wire.BadRequest},
		{"unknown app", "POST", "http://wab.test/api/nope/alice/home/Add", "[1]", alice, 404, wire.NotFound},
		{"another's CA", "POST", "http://wab.test/api/counter/carol/home/Add", "[1]", alice, 403, wire.NotAllowed},
		{"wrong arguments", "POST", addURL, "[1,2]", alice, 400, wire.BadRequest},
		{"another path", "POST", "http://wab.test/api/counter", "[1]", alice, 404, wire.NotFound},
	} {
		resp, body := st.do(c.method, c.url, c.body, c.header...)
		var got struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != c.status || got.Error.Code != string(c.code) || got.Error.Message == "" {
			t.Errorf("%s: %d %s %v, want %d %s", c.what, resp.StatusCode, body, err, c.status, c.code)
		}
		if strings.Contains(body, secret) || strings.Contains(body, "goroutine") {
			t.Errorf("%s: the answer tells too much: %s", c.what, body)
		}
	}
	if n := st.bus.count(home); n != 0 {
		t.Errorf("something was added: %d", n)
	}
}

var alice = []string{"Authorization", "Bearer alice"}[:2:2]

func TestHTTPStatusOfEachCode(t *testing.T) {
	st := newStand(t, nil)
	for code, status := range map[wire.Code]int{
		wire.BadRequest: 400, wire.Unauthenticated: 401, wire.NotAllowed: 403, wire.NotFound: 404, wire.Conflict: 409, wire.TooLarge: 413,
		wire.Failed: 422, wire.Overloaded: 429, wire.Quota: 429, wire.Internal: 500, wire.Unavailable: 503, wire.Deadline: 504,
	} {
		resp, body := st.post("http://wab.test/api/counter/alice/home/Fail", `["`+string(code)+`",1001]`)
		if want := `{"error":{"code":"` + string(code) + `","message":"as you wish"}}`; resp.StatusCode != status || body != want {
			t.Errorf("%s: %d %s", code, resp.StatusCode, body)
		}
		if after := resp.Header.Get("Retry-After"); after != "2" {
			t.Errorf("%s: Retry-After %q", code, after)
		}
	}
	resp, _ := st.post("http://wab.test/api/counter/alice/home/Fail", `["overloaded",0]`)
	if after := resp.Header.Get("Retry-After"); after != "1" {
		t.Errorf("unknown delay: Retry-After %q", after)
	}
}

func TestCORS(t *testing.T) {
	st := newStand(t, func(o *Options) { o.Origins = []string{"https://friend.example"} })
	for origin, want := range map[string]string{"https://friend.example": "https://friend.example", "https://evil.example": "", "null": ""} {
		resp, _ := st.do("OPTIONS", addURL, "", "Origin", origin, "Access-Control-Request-Method", "POST")
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != 204 || got != want {
			t.Errorf("preflight of %s: %d, %q", origin, resp.StatusCode, got)
		}
		resp, _ = st.post(addURL, "[1]", "Origin", origin)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want || resp.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %q", origin, got)
		}
	}
}

func TestOPS1_CallsAreLimited(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxCalls = 1 })
	done := make(chan int)
	go func() {
		resp, _ := st.post("http://wab.test/api/counter/alice/home/Hold", "")
		done <- resp.StatusCode
	}()
	st.bus.waitHeld(1)
	if resp, _ := st.post(addURL, "[1]"); resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %d", resp.StatusCode)
	}
	st.bus.release()
	if status := <-done; status != 200 {
		t.Errorf("the first got %d", status)
	}
}

// TestCA9_CallsAreLimitedByOwner: one that waits for many answers is told to wait, others are not.
func TestCA9_CallsAreLimitedByOwner(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxOwnerCalls = 2 })
	done := make(chan int)
	for range 2 {
		go func() {
			resp, _ := st.post("http://wab.test/api/counter/alice/home/Hold", "")
			done <- resp.StatusCode
		}()
	}
	st.bus.waitHeld(2)
	for range 3 { // refusals are not counted
		resp := st.refused(func() *http.Response { resp, _ := st.post(addURL, "[1]"); return resp })
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
			t.Errorf("got %d", resp.StatusCode)
		}
	}
	if resp, _ := st.do("POST", addURL, "[1]", "Authorization", "Bearer bob"); resp.StatusCode != 200 {
		t.Errorf("another owner got %d", resp.StatusCode)
	}
	st.bus.release()
	for range 2 {
		if status := <-done; status != 200 {
			t.Errorf("one that was held got %d", status)
		}
	}
	until(t, "the calls to have ended", func() bool {
		st.srv.mu.Lock()
		defer st.srv.mu.Unlock()
		return len(st.srv.owners) == 0
	})
	if resp, _ := st.post(addURL, "[1]"); resp.StatusCode != 200 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

// TestCA9_WhoHasManyCallsInProgressWaitsForTurns: each beyond what an owner may have in flight is paid for before the next is looked at; others feel nothing of it, and what hangs for long stops nobody.
func TestCA9_WhoHasManyCallsInProgressWaitsForTurns(t *testing.T) {
	st := newStand(t, nil)
	st.srv.pace.procs = 2
	const free = 2 * fairFlight / callWeight
	const saved = int(readersSave/(callWeight*crowdCost*readersPart/2)) + 1 // calls that what is saved up pays for, the last of them in part
	done := make(chan int)
	hold := func() {
		resp, _ := st.post("http://wab.test/api/counter/alice/home/Hold", "")
		done <- resp.StatusCode
	}
	for i := range free + saved {
		go hold()
		st.bus.waitHeld(i + 1)
	}
	st.srv.mu.Lock()
	share := &st.srv.owners["alice"].share
	st.srv.mu.Unlock()
	go hold()
	until(t, "the last one waits", func() bool { return waiters(share) == 1 })
	if resp, _ := st.do("POST", addURL, "[1]", "Authorization", "Bearer bob"); resp.StatusCode != 200 {
		t.Errorf("another owner got %d", resp.StatusCode)
	}
	st.clock.Advance(share.debt(st.clock.Now()))
	st.bus.waitHeld(free + saved + 1) // though none was answered
	st.bus.release()
	for range free + saved + 1 {
		if status := <-done; status != 200 {
			t.Errorf("one that was held got %d", status)
		}
	}
	until(t, "nothing is counted any more", func() bool { return share.flying.Load() == 0 })
}

// TestCA9_CallsWhoseClientsAreGoneCount: as the requests that they are, until they are answered.
func TestCA9_CallsWhoseClientsAreGoneCount(t *testing.T) {
	st := newStand(t, nil)
	mux := http.NewServeMux()
	mux.Handle("/api/", st.srv.Handler())
	mux.Handle("/items/{app}/{owner}/{ca}/{item}", st.srv.Items(func(name.Name) (io.WriterTo, *wire.Error) { return strings.NewReader("{}"), nil }))
	ctx, leave := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for i, r := range []*http.Request{
		httptest.NewRequestWithContext(ctx, "POST", "/api/counter/alice/home/Hold", nil),
		httptest.NewRequestWithContext(ctx, "GET", "/items/counter/alice/home/hold", nil),
	} {
		r.Header.Set("Authorization", "Bearer alice")
		calls.Go(func() { mux.ServeHTTP(httptest.NewRecorder(), r) })
		st.bus.waitHeld(i + 1)
	}
	st.srv.mu.Lock()
	share := &st.srv.owners["alice"].share
	st.srv.mu.Unlock()
	if n := share.flying.Load(); n != 2*callWeight {
		t.Errorf("two calls in progress count as %d", n)
	}
	leave()
	calls.Wait()
	if n := share.flying.Load(); n != 2 {
		t.Errorf("%d requests are counted, of two", n)
	}
	st.bus.release()
	if n := share.flying.Load(); n != 0 {
		t.Errorf("%d requests are counted, of none", n)
	}
}

// refused lets time pass until somebody who asks too much is told so, and sees that it was needed.
func (st *stand) refused(ask func() *http.Response) *http.Response {
	st.t.Helper()
	answered := make(chan *http.Response)
	go func() { answered <- ask() }()
	for waited := false; ; waited = true {
		select {
		case resp := <-answered:
			if !waited {
				st.t.Error("it was refused at once")
			}
			return resp
		case <-time.After(10 * time.Millisecond):
			st.clock.Advance(hesitation / 10)
		}
	}
}

// TestOPS1_LargeBodiesAreFew: what takes much memory while it is read is bounded, small requests go on, and a body of 100,000 entries passes.
func TestOPS1_LargeBodiesAreFew(t *testing.T) {
	st := newStand(t, nil)
	var entries strings.Builder
	entries.WriteString(`[{`)
	for i := range 100_000 {
		fmt.Fprintf(&entries, `"entry%06d":{"n":%d,"text":"as much as it takes to pass"},`, i, i)
	}
	entries.WriteString(`"last":null}]`)
	send := func() int {
		resp, _ := st.post("http://wab.test/api/counter/alice/home/Hold", entries.String())
		return resp.StatusCode
	}
	done := make(chan int)
	go func() { done <- send() }()
	st.bus.waitHeld(1) // its body has been read
	st.bus.release()
	if status := <-done; status != 200 {
		t.Fatalf("100,000 entries in %d bytes: %d", entries.Len(), status)
	}
	var open []*io.PipeWriter
	for range largeBodiesOwn {
		r, w := io.Pipe()
		open = append(open, w)
		req, _ := http.NewRequest("POST", addURL, r)
		req.Header.Set("Authorization", "Bearer alice")
		go func() {
			resp, err := st.http.Do(req)
			if err != nil {
				done <- 0
				return
			}
			resp.Body.Close()
			done <- resp.StatusCode
		}()
	}
	until(t, "all to be read", func() bool {
		st.srv.mu.Lock()
		defer st.srv.mu.Unlock()
		return st.srv.large == largeBodiesOwn
	})
	body, stop := io.Pipe() // of which nothing comes: what is still on its way could hide an answer that comes before it
	req, _ := http.NewRequest("POST", addURL, body)
	req.ContentLength = smallBody + 1
	req.Header.Set("Authorization", "Bearer alice")
	resp := st.refused(func() *http.Response {
		resp, err := st.http.Do(req)
		if err != nil {
			t.Error("one more:", err)
			return &http.Response{}
		}
		resp.Body.Close()
		return resp
	})
	if resp.StatusCode != 429 {
		t.Fatalf("one more: %v", resp)
	}
	stop.Close()
	if resp, _ := st.post(addURL, "[1]"); resp.StatusCode != 200 {
		t.Errorf("a small one: %d", resp.StatusCode)
	}
	for _, w := range open {
		_, _ = w.Write([]byte("[1]"))
		w.Close()
	}
	for range open {
		if status := <-done; status != 200 {
			t.Errorf("got %d", status)
		}
	}
}

func TestHTTPClientThatGoesAway(t *testing.T) {
	st := newStand(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "POST", "http://wab.test/api/counter/alice/home/Hold", nil)
	r.Header.Set("Authorization", "Bearer alice")
	done := make(chan error)
	go func() {
		_, err := st.http.Do(r)
		done <- err
	}()
	st.bus.waitHeld(1)
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	until(t, "the call has ended", func() bool { return st.srv.calls.Load() == 0 })
	st.bus.release() // the late answer hurts nobody
}
