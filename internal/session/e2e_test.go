package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// A cutter is a TCP proxy that cuts its connections when told to.
type cutter struct {
	listener net.Listener
	target   atomic.Pointer[string]
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	wg       sync.WaitGroup
}

func newCutter(t *testing.T) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.run)
	t.Cleanup(func() {
		l.Close()
		c.cut()
		c.wg.Wait()
	})
	return c
}

func (c *cutter) url() string { return "http://" + c.listener.Addr().String() }

func (c *cutter) run() {
	for {
		in, err := c.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", *c.target.Load())
		if err != nil {
			in.Close()
			continue
		}
		c.mu.Lock()
		c.conns[in], c.conns[out] = struct{}{}, struct{}{}
		c.mu.Unlock()
		c.wg.Go(func() { c.copy(in, out) })
		c.wg.Go(func() { c.copy(out, in) })
	}
}

func (c *cutter) copy(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, from)
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}

// serve starts a server on real TCP behind the cutter, in place of the one before.
func (c *cutter) serve(b *fakeBus) (*Server, func()) {
	s := New(Options{Bus: b, Auth: newFakeAuth(), Log: slog.New(slog.DiscardHandler), DrainSpread: time.Millisecond})
	web := httptest.NewServer(s.Handler())
	addr := web.Listener.Addr().String()
	c.target.Store(&addr)
	return s, func() {
		s.Close()
		web.Close()
	}
}

func dial(t *testing.T, url, token string, opt client.Options) *client.Client {
	t.Helper()
	transport := &http.Transport{}
	opt.Token, opt.HTTP = token, &http.Client{Transport: transport}
	c, err := client.Dial(t.Context(), url, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		transport.CloseIdleConnections()
	})
	return c
}

func TestOPS2_CutsAndRestartsLoseAndDoubleNothing(t *testing.T) {
	bus := newFakeBus()
	bus.async = true
	defer bus.wg.Wait()
	proxy := newCutter(t)
	_, stop := proxy.serve(bus)
	defer func() { stop() }()
	const clients, calls = 4, 150
	var done atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		ca := dial(t, proxy.url(), "alice", client.Options{}).CA(home, client.CAOptions{})
		for range 5 {
			wg.Go(func() {
				for range calls / 5 {
					if err := ca.Call(t.Context(), nil, "Add", 1); err != nil {
						t.Error(err)
					}
					done.Add(1)
				}
			})
		}
	}
	for i := int64(1); i <= 4; i++ { // not more: the clients' patience doubles each time
		until(t, "calls pass", func() bool { return done.Load() >= i*clients*calls/6 })
		if i%2 == 0 {
			stop()
			_, stop = proxy.serve(bus)
		}
		proxy.cut()
	}
	wg.Wait()
	if n := bus.count(home); n != clients*calls {
		t.Errorf("%d calls counted %d", clients*calls, n)
	}
}

func TestOPS2_ClientsResumeAfterADrain(t *testing.T) {
	bus := newFakeBus()
	proxy := newCutter(t)
	old, stop := proxy.serve(bus)
	defer func() { stop() }()
	var states atomic.Pointer[[]client.Status]
	states.Store(&[]client.Status{})
	ca := dial(t, proxy.url(), "alice", client.Options{OnState: func(s client.State) {
		all := append(slices.Clone(*states.Load()), s.Status)
		states.Store(&all)
	}}).CA(home, client.CAOptions{})
	var n int
	if err := ca.Call(t.Context(), &n, "Add", 1); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if err := old.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	_, stop = proxy.serve(bus)
	if err := ca.Call(t.Context(), &n, "Add", 1); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	until(t, "the client has told that it was offline, and is live", func() bool {
		got := *states.Load()
		return slices.Contains(got, client.Offline) && got[len(got)-1] == client.Live
	})
}

func TestClientHearsNotesAndTheirGaps(t *testing.T) {
	bus := newFakeBus()
	proxy := newCutter(t)
	srv, stop := proxy.serve(bus)
	defer func() { stop() }()
	notes := make(chan client.Note, 100)
	opt := client.CAOptions{Session: "phone", OnNote: func(n client.Note) { notes <- n }}
	ca := dial(t, proxy.url(), "alice", client.Options{}).CA(home, opt)
	next := func(want int64, dropped uint64) {
		t.Helper()
		n := <-notes
		var got int64
		if err := client.Decode(n.Value, &got); err != nil || got != want || n.Dropped != dropped {
			t.Errorf("got %d after %d lost, %v; want %d after %d", got, n.Dropped, err, want, dropped)
		}
	}
	get := func() {
		t.Helper()
		if err := ca.Call(t.Context(), nil, "Get"); err != nil {
			t.Fatal(err)
		}
	}
	get()
	srv.Notify(homeCA, "phone", cbor.AppendInt(nil, 1))
	next(1, 0)
	proxy.cut()
	srv.Notify(homeCA, "phone", cbor.AppendInt(nil, 2))
	next(2, 0)
	stop()
	srv, stop = proxy.serve(bus)
	get()
	srv.Notify(homeCA, "phone", cbor.AppendInt(nil, 3))
	next(3, client.Unknown)
}

func TestClientErrors(t *testing.T) {
	bus := newFakeBus()
	proxy := newCutter(t)
	_, stop := proxy.serve(bus)
	defer stop()
	_, err := client.Dial(t.Context(), proxy.url(), client.Options{Token: "bad"})
	var coded *wire.Error
	if !errors.As(err, &coded) || coded.Code != wire.Unauthenticated {
		t.Errorf("bad token: %v", err)
	}
	c := dial(t, proxy.url(), "alice", client.Options{})
	if c.Owner() != "alice" {
		t.Errorf("owner %q", c.Owner())
	}
	closed := make(chan error, 1)
	foreign := c.CA("counter:carol/home", client.CAOptions{OnClose: func(err error) { closed <- err }})
	if err := foreign.Call(t.Context(), nil, "Get"); !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("another's CA: %v", err)
	}
	if err := <-closed; !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("closed with %v", err)
	}
	ca := c.CA(home, client.CAOptions{})
	if err := ca.Call(t.Context(), nil, "Nope"); !errors.As(err, &coded) || coded.Code != wire.BadRequest {
		t.Errorf("unknown method: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		bus.waitHeld(1)
		cancel()
	}()
	if err := ca.Call(ctx, nil, "Hold"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	bus.release()
	var s string
	if err := ca.Call(t.Context(), &s, "Get"); err == nil {
		t.Error("a number went into a string")
	}
	c.Close()
	if err := ca.Call(t.Context(), nil, "Get"); !errors.Is(err, client.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestClientRenewsItsToken(t *testing.T) {
	bus, proxy := newFakeBus(), newCutter(t)
	_, stop := proxy.serve(bus)
	defer stop()
	c := dial(t, proxy.url(), "bad", client.Options{Renew: func(context.Context) (string, error) { return "alice", nil }})
	if err := c.CA(home, client.CAOptions{}).Call(t.Context(), nil, "Get"); err != nil || c.Owner() != "alice" {
		t.Error(c.Owner(), err)
	}
}
