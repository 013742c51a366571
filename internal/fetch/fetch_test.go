package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestCA3_FetchIsMadeAfterTheCommit(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(rw http.ResponseWriter, r *http.Request, _ int) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(rw, r.Method, len(body), r.Header["X-Test"])
	}
	w.must("alice/home", "Touch")
	release := w.Store.Hold()
	asked := w.Send("alice", "alice/home", "Fetch", args("/a", "Got", 0, 5))
	w.Until("the commit to be on its way", func() bool { return !w.Runtime.Quiet() })
	if w.host.one(t, "/a") != 0 {
		t.Error("it was called before it was durable")
	}
	release()
	w.Must(w.Await(asked))
	w.hears("alice/home", "200 POST5 [1 2]")
	w.gone("alice/home")
	if n := w.host.one(t, "/a"); n != 1 {
		t.Errorf("it was called %d times", n)
	}
}

func TestCA3_FetchOfAFailedMessageIsNotMade(t *testing.T) {
	w := newWorld(t)
	if r := w.do("alice/home", "Fail", "/never", "Got", 0, 0); r.Code() != wire.Failed {
		t.Error(r)
	}
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.hears("alice/home", "200 ")
	if w.host.one(t, "/never") != 0 {
		t.Error("it was called")
	}
	w.gone("alice/home")
}

func TestCA3_FetchIsTriedAgainWithTheSameKey(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(rw http.ResponseWriter, _ *http.Request, nth int) {
		switch nth {
		case 1:
			panic(http.ErrAbortHandler)
		case 2, 3, 4, 5:
			rw.WriteHeader([]int{500, 503, 429, 408}[nth-2])
		case 6:
			rw.Header().Set("Retry-After", "7200")
			rw.WriteHeader(425)
		default:
			fmt.Fprint(rw, "at last")
		}
	}
	before := w.Clock.Now()
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.must("alice/home", "Fetch", "/b", "Got", 0, 0)
	w.Until("both to be answered", func() bool {
		w.pass(10 * time.Second)
		return len(w.log("alice/home")) == 2
	})
	if w.host.one(t, "/a") != 7 || w.host.one(t, "/b") != 7 || w.host.keys("/a")[0] == w.host.keys("/b")[0] {
		t.Error(w.host.calls)
	}
	if took := w.Clock.Now().Sub(before); took < 2*time.Hour {
		t.Errorf("it has waited %v only, not as it was asked to", took)
	}
}

func TestCA3_FetchAnswersThatAreFinal(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(rw http.ResponseWriter, r *http.Request, _ int) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		rw.Header().Set("Location", "/never")
		rw.WriteHeader(status)
	}
	for i, status := range []int{200, 201, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 409, 422, 451, 499} {
		ca := fmt.Sprintf("alice/c%d", i)
		w.must(ca, "Fetch", fmt.Sprintf("/%d", status), "Got", 0, 0)
		w.hears(ca, fmt.Sprint(status, " "))
	}
	if w.host.one(t, "/never") != 0 {
		t.Error("a redirect was followed")
	}
}

func TestCHAN5_FetchOfAClosedNetworkEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fetch", "http://10.0.0.1/", "Got", 0, 0)
	w.must("alice/home", "Fetch", "http://[::ffff:169.254.169.254]/latest/meta-data", "Got", 0, 0)
	w.hears("alice/home", "not_allowed", "not_allowed")
	if r := w.do("alice/home", "Fetch", "file:///etc/passwd", "Got", 0, 0); r.Code() != wire.BadRequest {
		t.Error(r)
	}
}

func TestCA3_FetchEndsWithItsTime(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(rw http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/hangs" {
			w.host.hang(r)
		}
		rw.WriteHeader(503)
	}
	w.must("alice/home", "Fetch", "/busy", "Got", 60_000, 0)
	w.must("bob/home", "Fetch", "/hangs", "Got", 60_000, 0)
	w.Until("it to be called", func() bool { return w.host.one(t, "/hangs") == 1 })
	w.hears("alice/home", "deadline")
	w.hears("bob/home", "deadline")
	w.gone("alice/home")
	w.gone("bob/home")
	w.Until("no call to be left", w.client.Idle)
	if n := w.host.one(t, "/busy"); n < 4 {
		t.Errorf("it was tried %d times only", n)
	}
}

// A handler that fails has had its outcome.
func TestCA3_FetchWhoseHandlerFailsIsOver(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fetch", "/a", "Deaf", 0, 0)
	w.must("alice/home", "Fetch", "/b", "NoSuchMethod", 0, 0)
	w.gone("alice/home")
	w.crash()
	w.must("alice/home", "Fetch", "/c", "Got", 0, 0)
	w.hears("alice/home", "200 ")
	if w.host.one(t, "/a") != 1 || w.host.one(t, "/b") != 1 {
		t.Error(w.host.calls)
	}
}

func TestCA3_FetchIsCancelled(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(rw http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/hangs" {
			w.host.hang(r)
		}
	}
	read := cbor.NewReader(w.must("alice/home", "Fetch", "/hangs", "Got", 0, 0))
	id := int(read.Uint())
	w.Until("it to be called", func() bool { return w.host.one(t, "/hangs") == 1 })
	if got := w.must("alice/home", "Cancel", id+1); got[0] != 0xf4 {
		t.Errorf("what isn't there was cancelled: %x", got)
	}
	if got := w.must("alice/home", "Cancel", id); got[0] != 0xf5 {
		t.Errorf("it was not: %x", got)
	}
	if got := w.must("alice/home", "Cancel", id); got[0] != 0xf4 {
		t.Errorf("it was, twice: %x", got)
	}
	w.gone("alice/home")
	w.Until("the call to end", w.client.Idle)
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.hears("alice/home", "200 ")
}

func TestCA3_FetchEndsWithItsCA(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(_ http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/hangs" {
			w.host.hang(r)
		}
	}
	w.must("alice/home", "Fetch", "/hangs", "Got", 0, 0)
	w.Until("it to be called", func() bool { return w.host.one(t, "/hangs") == 1 })
	w.must("alice/home", "End", "/never", "Got", 0, 0)
	w.Until("the call to end", w.client.Idle)
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0) // of a namesake
	w.hears("alice/home", "200 ")
	if w.host.one(t, "/never") != 0 {
		t.Error("a CA that is gone has called")
	}
}

func TestFetchLimits(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(_ http.ResponseWriter, r *http.Request, _ int) { w.host.hang(r) }
	for range 7 {
		w.must("alice/large", "Fetch", "/a", "Got", 0, 1<<20)
	}
	if r := w.do("alice/large", "Fetch", "/a", "Got", 0, 1<<20); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	if r := w.do("alice/large", "Fetch", "/a", "Got", 0, 2<<20); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	for range 49 {
		w.must("alice/many", "Twice", "/b", "Got", 0, 0)
	}
	w.must("alice/many", "Fetch", "/b", "Got", 0, 0)
	if r := w.do("alice/many", "Twice", "/b", "Got", 0, 0); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	w.must("alice/many", "Fetch", "/b", "Got", 0, 0)
	if r := w.do("alice/many", "Fetch", "/b", "Got", 1+8*24*3600*1000, 0); r.Code() != wire.BadRequest {
		t.Error(r)
	}
	if n := w.pending("alice/many"); n != 2*fetch.MaxPending {
		t.Error(n)
	}
	w.Until("some to be called", func() bool { return len(w.host.keys("/b")) == 8 })
	if r := w.do("alice/many", "Touch"); r.Err != nil || len(w.host.keys("/b")) != 8 {
		t.Error("a CA has more than 8 calls under way", r)
	}
}

// More fetches than a CA may have under way are made all the same, in their turn.
func TestFetchesTakeTurns(t *testing.T) {
	w := newWorld(t)
	for range 40 {
		w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	}
	w.hears("alice/home", slices.Repeat([]string{"200 "}, 40)...)
	w.gone("alice/home")
}

// What waits for long costs no memory, and comes back in time: in this process, and in the next one not before.
func TestCA3_FetchThatWaitsForLong(t *testing.T) {
	for _, restart := range []bool{false, true} {
		w := newWorld(t)
		w.host.says = func(rw http.ResponseWriter, _ *http.Request, nth int) {
			if nth == 1 {
				rw.Header().Set("Retry-After", w.Clock.Now().Add(3*time.Hour).UTC().Format(http.TimeFormat))
				rw.WriteHeader(503)
			}
		}
		w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
		w.Until("the CA to leave memory", func() bool {
			if w.host.one(t, "/a") == 1 {
				w.pass(time.Minute)
			}
			return w.Runtime.Active() == 0 && w.host.one(t, "/a") == 1
		})
		if restart {
			w.crash()
			w.Until("it to be looked at", func() bool { return w.Runtime.Active() == 1 && w.Runtime.Quiet() })
			w.must("alice/home", "Touch")
		}
		if n := w.host.one(t, "/a"); n != 1 {
			t.Errorf("it was called %d times", n)
		}
		w.Until("it to be called again", func() bool {
			w.pass(time.Minute)
			return w.host.one(t, "/a") == 2
		})
		w.hears("alice/home", "200 ")
	}
}

// Drain waits for calls under way, and their answers are handled; what waits is left to the next process.
func TestCA3_FetchOutlivesTheServer(t *testing.T) {
	w := newWorld(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	w.host.says = func(rw http.ResponseWriter, r *http.Request, nth int) {
		switch {
		case r.URL.Path == "/slow":
			close(entered)
			<-leave
		case nth == 1:
			rw.WriteHeader(503)
		}
	}
	w.must("alice/home", "Fetch", "/busy", "Got", 0, 0)
	w.must("bob/home", "Fetch", "/slow", "Got", 0, 0)
	<-entered
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		w.live.Load().Drain(within(t))
	}()
	w.Until("it to drain", func() bool {
		return w.do("carol/home", "Fetch", "/late", "Got", 0, 0).Err == nil && len(w.log("bob/home")) == 0
	})
	close(leave)
	<-drained
	if err := w.Runtime.Drain(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := w.log("bob/home"); !slices.Equal(got, []string{"200 "}) {
		t.Errorf("bob has heard %q", got)
	}
	w.crash()
	w.hears("alice/home", "200 ")
	w.hears("carol/home", "200 ")
	if n := w.host.one(t, "/slow"); n != 1 {
		t.Errorf("it was called %d times", n)
	}
}

// Drain waits for 2 s of the server's clock; what has no answer by then is called again by the next process.
func TestCA3_WhatDrainHasNotWaitedForIsCalledAgain(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(_ http.ResponseWriter, r *http.Request, nth int) {
		if nth == 1 {
			w.host.hang(r)
		}
	}
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.Until("it to be called", func() bool { return w.host.one(t, "/a") == 1 && w.Runtime.Quiet() })
	timers, drained := w.Clock.Waiters(), make(chan struct{})
	go func() {
		defer close(drained)
		w.live.Load().Drain(within(t))
	}()
	w.Until("it to drain", func() bool { return w.Clock.Waiters() > timers })
	w.Clock.Advance(2*time.Second - 1)
	select {
	case <-drained:
		t.Error("it has not waited")
	default:
	}
	w.Clock.Advance(1)
	<-drained
	w.crash()
	w.hears("alice/home", "200 ")
	if n := w.host.one(t, "/a"); n != 2 {
		t.Errorf("it was called %d times", n)
	}
}

// An activation that is dropped leaves its calls to the next one.
func TestCA3_FetchOfADroppedActivation(t *testing.T) {
	w := newWorld(t)
	leave := make(chan struct{})
	w.host.says = func(http.ResponseWriter, *http.Request, int) { <-leave }
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.Until("it to be called", func() bool { return w.host.one(t, "/a") == 1 })
	w.down()
	refuse := false
	w.Store.Before = func([]store.Write) error {
		if refuse {
			refuse = false
			return store.ErrConflict
		}
		return nil
	}
	w.up()
	w.Until("it to be called again", func() bool { return w.host.one(t, "/a") == 2 })
	w.Until("rest", w.Runtime.Quiet)
	refuse = true
	if r := w.do("alice/home", "Touch"); r.Code() != wire.Unavailable {
		t.Error(r)
	}
	w.must("alice/home", "Touch")
	close(leave)
	w.hears("alice/home", "200 ")
	if n := w.host.one(t, "/a"); n != 2 {
		t.Errorf("it was called %d times", n)
	}
}
