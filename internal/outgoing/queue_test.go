package outgoing

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/wire"
)

// line is a queue whose calls end when the test says so.
type line struct {
	*queue
	t       testing.TB
	running []*job
}

func (l *line) begin(jobs []*job) {
	l.running = append(l.running, jobs...)
	for range jobs {
		l.queue.running.Done()
	}
}

func (l *line) call(owner, host string) *job {
	j := &job{owner: owner, host: host}
	l.begin(l.add(j))
	return j
}

func (l *line) end(i int) {
	j := l.running[i]
	l.running = append(l.running[:i:i], l.running[i+1:]...)
	l.begin(l.finished(j))
}

func (l *line) count(is func(*job) bool) (n int) {
	for _, j := range l.running {
		if is(j) {
			n++
		}
	}
	return n
}

func TestAHostThatNeverAnswersHoldsNobodyElseUp(t *testing.T) {
	l := &line{queue: newQueue(Options{Total: 4, PerHost: 2}), t: t}
	for range 10 {
		l.call("alice", "stuck")
	}
	if j := l.call("bob", "quick"); l.running[len(l.running)-1] != j {
		t.Error("bob waits for alice's host")
	}
	if j := l.call("alice", "quick"); l.running[len(l.running)-1] != j {
		t.Error("alice waits for her own")
	}
}

func TestPlacesGoRoundBetweenOwners(t *testing.T) {
	l := &line{queue: newQueue(Options{Total: 2, PerHost: 2}), t: t}
	for range 100 {
		l.call("alice", "h")
	}
	for range 3 {
		l.call("bob", "h")
	}
	for range 6 {
		l.end(0)
	}
	if n := l.count(func(j *job) bool { return j.owner == "bob" }); n != 1 {
		t.Errorf("bob has %d of two places", n)
	}
}

// Whatever comes, ends and is given up, no limit is passed, no place stays empty that somebody waits for, and nothing is kept in the end.
func TestQueueKeepsItsLimits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &line{queue: newQueue(Options{Total: 5, PerHost: 2, PerOwner: 3}), t: t}
		waiting := map[*job]bool{}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			switch rapid.IntRange(0, 3).Draw(r, "step") {
			case 0, 1:
				j := l.call(fmt.Sprint(rapid.IntRange(0, 3).Draw(r, "owner")), fmt.Sprint(rapid.IntRange(0, 3).Draw(r, "host")))
				waiting[j] = true
			case 2:
				if len(l.running) > 0 {
					l.end(rapid.IntRange(0, len(l.running)-1).Draw(r, "which"))
				}
			case 3:
				for j := range waiting {
					l.remove(j)
					delete(waiting, j)
					break
				}
			}
			for _, j := range l.running {
				delete(waiting, j)
			}
			l.check(r, waiting)
		}
		for len(l.running) > 0 {
			l.end(0)
		}
		if !l.idle() || len(l.owners)+len(l.hosts)+len(l.ring) > 0 {
			r.Fatal("something is kept")
		}
	})
}

func (l *line) check(r *rapid.T, waiting map[*job]bool) {
	free := func(j *job) bool {
		return len(l.running) < 5 && l.count(func(o *job) bool { return o.host == j.host }) < 2 && l.count(func(o *job) bool { return o.owner == j.owner }) < 3
	}
	for j := range waiting {
		if free(j) {
			r.Fatalf("%s waits for %s, which is free", j.owner, j.host)
		}
	}
	for _, j := range l.running {
		if l.count(func(o *job) bool { return o.host == j.host }) > 2 || l.count(func(o *job) bool { return o.owner == j.owner }) > 3 || len(l.running) > 5 {
			r.Fatal("too many")
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	// An answer that overtakes the word that its request is written costs the connection, if that word is late.
	wrote := make(chan struct{}, 1)
	s := peer(t, func(w http.ResponseWriter, r *http.Request) {
		<-wrote
		fmt.Fprint(w, r.RemoteAddr)
	})
	c := client(t, Options{Open: loopback})
	c.ctx = httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote <- struct{}{} }})
	seen := map[string]bool{}
	for range 10 {
		seen[string(wants(t, c, Call{URL: s.URL}, "").Body)] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d connections", len(seen))
	}
}

func TestWhatIsSentArrives(t *testing.T) {
	var got *http.Request
	var body [10]byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = r.Body.Read(body[:])
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(404)
	}))
	defer s.Close()
	a := wants(t, client(t, Options{Open: loopback}), Call{
		Method: "PUT", URL: s.URL + "/a%2Fb?c=d#e", Header: http.Header{"x-y": {"z"}, "Idempotency-Key": {"k"}}, Body: []byte("hello"),
	}, "")
	if a.Status != 404 || a.Header.Get("X-Answer") != "yes" {
		t.Errorf("%+v", a)
	}
	if got.Method != "PUT" || got.RequestURI != "/a%2Fb?c=d" || got.Header.Get("X-Y") != "z" || got.ContentLength != 5 || string(body[:5]) != "hello" || got.UserAgent() != "wab" {
		t.Errorf("%+v %s", got, body)
	}
}

func TestCancelEndsACall(t *testing.T) {
	c := client(t, Options{Open: loopback, PerHost: 1})
	entered := make(chan struct{}, 1)
	url := raw(t, func(c net.Conn) { entered <- struct{}{}; hang(c) })
	ended := make(chan *wire.Error, 2)
	note := func(_ Answer, err *wire.Error) { ended <- err }
	first := c.Start("alice", Call{URL: url}, note)
	second := c.Start("alice", Call{URL: url}, note)
	<-entered
	second()
	first()
	if err := <-ended; err == nil || err.Code != wire.Unavailable {
		t.Error(err)
	}
	for !c.Idle() {
		runtime.Gosched()
	}
	if len(ended) != 0 {
		t.Error("a call that never began has ended")
	}
}

func TestCloseEndsAllCalls(t *testing.T) {
	c := New(Options{Open: loopback})
	entered := make(chan struct{}, 100)
	url := raw(t, func(c net.Conn) { entered <- struct{}{}; hang(c) })
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() { _, _ = c.Do(context.Background(), "alice", Call{URL: url}) })
	}
	<-entered
	c.Close()
	all.Wait()
	if _, err := c.Do(context.Background(), "alice", Call{URL: url}); err == nil {
		t.Error("a call after the end")
	}
}
