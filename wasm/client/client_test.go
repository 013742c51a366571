package client_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

func dial(t *testing.T, opt client.Options) *client.Client {
	t.Helper()
	url, stop := startServer()
	opt.Token = "alice"
	c, err := client.Dial(t.Context(), url, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		stop()
	})
	return c
}

func TestNotesComeInOrderAndASlowHandlerIsToldOfItsGaps(t *testing.T) {
	c := dial(t, client.Options{})
	const notes = 3000
	release := make(chan struct{})
	last := make(chan struct{})
	var seen, lost, before int64
	ca := c.CA("counter:alice/home", client.CAOptions{Session: "slow", Keep: 1000, OnNote: func(n client.Note) {
		<-release
		var v int64
		if err := client.Decode(n.Value, &v); err != nil || v <= before {
			t.Errorf("%d after %d, %v", v, before, err)
		}
		before, seen, lost = v, seen+1, lost+int64(n.Dropped)
		if v == notes {
			close(last)
		}
	}})
	for range notes {
		if err := ca.Call(t.Context(), nil, "Add", 1); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	<-last
	if lost == 0 || seen+lost != notes || seen < 1000 {
		t.Errorf("%d seen, %d lost", seen, lost)
	}
}

func TestCallsFromManyGoroutines(t *testing.T) {
	c := dial(t, client.Options{})
	ca := c.CA("counter:alice/home", client.CAOptions{})
	var top atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 50 {
				var n int64
				if err := ca.Call(t.Context(), &n, "Add", 1); err != nil {
					t.Error(err)
				}
				for old := top.Load(); n > old && !top.CompareAndSwap(old, n); old = top.Load() {
				}
			}
		})
	}
	wg.Wait()
	if n := top.Load(); n != 1000 {
		t.Errorf("counted to %d", n)
	}
}

func TestCloseEndsCallsAndHandlers(t *testing.T) {
	var states atomic.Int32
	c := dial(t, client.Options{OnState: func(client.State) { states.Add(1) }})
	ca := c.CA("counter:alice/home", client.CAOptions{})
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for {
				err := ca.Call(t.Context(), nil, "Add", 1)
				var coded *wire.Error
				if errors.Is(err, client.ErrClosed) || errors.As(err, &coded) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	c.Close()
	n := states.Load()
	wg.Wait()
	c.Close()
	if n < 3 || states.Load() != n {
		t.Errorf("%d states before Close returned, %d after", n, states.Load())
	}
}

func TestASessionThatIsClosedAnswersNoMore(t *testing.T) {
	c := dial(t, client.Options{})
	ca := c.CA("counter:alice/home", client.CAOptions{})
	if err := ca.Call(t.Context(), nil, "Add", 1); err != nil {
		t.Fatal(err)
	}
	ca.Close()
	var coded *wire.Error
	if err := ca.Call(t.Context(), nil, "Add", 1); !errors.As(err, &coded) || coded.Code != wire.Unavailable {
		t.Error(err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Dial(ctx, "http://"+l.Addr().String(), client.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := client.Dial(ctx, "ftp://example.org", client.Options{}); err == nil {
		t.Error("ftp is no way to a session")
	}
}

func TestCallsThatCannotBeEncoded(t *testing.T) {
	c := dial(t, client.Options{})
	ca := c.CA("counter:alice/home", client.CAOptions{})
	if err := ca.Call(t.Context(), nil, "Add", func() {}); err == nil {
		t.Error("a function went through")
	}
}

func TestTheClocksAreCompared(t *testing.T) {
	c := dial(t, client.Options{})
	ca := c.CA("counter:alice/home", client.CAOptions{})
	if err := ca.Call(t.Context(), nil, "Add", 1); err != nil { // behind the first ping
		t.Fatal(err)
	}
	first := c.Clock()
	if first.Offset.Abs() > first.Bound || first.Bound > time.Minute {
		t.Errorf("the server's clock is ours: %+v", first)
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for before := c.Now(); !c.Clock().Settled; before = c.Now() {
		<-look.C
		if d := c.Now().Sub(before); d < 0 || d > time.Minute {
			t.Fatalf("the clock goes on by %v", d)
		}
	}
	before := time.Now()
	servers := c.Now()
	after := time.Now()
	now := c.Clock()
	if now.Offset.Abs() > now.Bound || servers.Before(before.Add(-now.Bound-time.Second)) || servers.After(after.Add(now.Bound+time.Second)) {
		t.Errorf("%+v, %v between %v and %v", now, servers, before, after)
	}
}
