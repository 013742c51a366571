package session

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

const (
	home = "counter:alice/home"
	run1 = "run-of-client-0001"
	run2 = "run-of-client-0002"
)

var homeCA = name.Name{App: "counter", Owner: "alice", Local: "home"}

// pipes is a listener whose connections have no buffers: who does not read, blocks who writes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// stand is a server under test.
type stand struct {
	t     testing.TB
	srv   *Server
	bus   *fakeBus
	auth  *fakeAuth
	clock *clock.Fake
	http  *http.Client
	pipes *pipes
}

func newStand(t testing.TB, change func(*Options)) *stand {
	t.Helper()
	st := &stand{t: t, bus: newFakeBus(), auth: newFakeAuth(), clock: clock.NewFake(time.Unix(1_790_000_000, 0)), pipes: newPipes()}
	opt := Options{Bus: st.bus, Auth: st.auth, Clock: st.clock, Log: slog.New(slog.DiscardHandler), Build: "test"}
	if change != nil {
		change(&opt)
	}
	st.srv = New(opt)
	web := &http.Server{Handler: st.srv.Handler()}
	served := make(chan struct{})
	go func() {
		defer close(served)
		web.Serve(st.pipes)
	}()
	transport := &http.Transport{DialContext: st.pipes.dial}
	st.http = &http.Client{Transport: transport}
	t.Cleanup(func() {
		st.srv.Close()
		transport.CloseIdleConnections()
		web.Close()
		<-served
	})
	return st
}

// peer is a client that speaks frames.
type peer struct {
	t  testing.TB
	ws *websocket.Conn
}

// dialPeer connects to a server at a URL.
func dialPeer(t testing.TB, url string, c *http.Client, header http.Header) *peer {
	t.Helper()
	ws, _, err := websocket.Dial(context.Background(), url+"/api/session",
		&websocket.DialOptions{HTTPClient: c, Subprotocols: []string{wire.Subprotocol}, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	t.Cleanup(func() { ws.CloseNow() })
	return &peer{t, ws}
}

func (p *peer) hello(token string) {
	p.t.Helper()
	p.send(wire.Hello{Version: 1, Token: token, Client: "test"})
	expect(p, wire.ParseWelcome)
}

func (st *stand) connect(header http.Header) *peer {
	st.t.Helper()
	return dialPeer(st.t, "http://wab.test", st.http, header)
}

// hello connects as an owner.
func (st *stand) hello(token string) *peer {
	st.t.Helper()
	p := st.connect(nil)
	p.hello(token)
	return p
}

// open opens alice's home as a session on channel 1.
func (p *peer) open(session, run string) wire.Opened {
	p.t.Helper()
	return p.openAs(wire.Open{Ch: 1, CA: home, Session: session, Run: run})
}

func (p *peer) openAs(f wire.Open) wire.Opened {
	p.t.Helper()
	p.send(f)
	return expect(p, wire.ParseOpened)
}

func (p *peer) send(f appender) { p.sendRaw(f.Append(nil)) }

func (p *peer) sendRaw(b []byte) {
	p.t.Helper()
	if err := p.ws.Write(context.Background(), websocket.MessageBinary, b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) receive() ([]byte, error) {
	_, b, err := p.ws.Read(context.Background())
	return b, err
}

// expect reads the next frame, which must be of one kind.
func expect[F any](p *peer, parse func([]byte) (F, error)) F {
	p.t.Helper()
	b, err := p.receive()
	if err != nil {
		p.t.Fatal(err)
	}
	f, err := parse(b)
	if err != nil {
		p.t.Fatalf("%v: got a frame of kind %d: %x", err, wire.Kind(b), b)
	}
	return f
}

// expectBye reads until the bye and checks it, then the WebSocket's close code.
func (p *peer) expectBye(code wire.Code, reconnect int64, status websocket.StatusCode) wire.Bye {
	p.t.Helper()
	var bye wire.Bye
	for {
		b, err := p.receive()
		if err != nil {
			p.t.Fatalf("no bye: %v", err)
		}
		if wire.Kind(b) == wire.KindBye {
			bye, err = wire.ParseBye(b)
			if err != nil || bye.Code != code || (bye.ReconnectAfter < 0) != (reconnect < 0) {
				p.t.Errorf("bye %+v, %v; want %s, %d", bye, err, code, reconnect)
			}
			break
		}
	}
	_, err := p.receive()
	var ce websocket.CloseError
	if !errors.As(err, &ce) || ce.Code != status {
		p.t.Errorf("closed with %v, want %d", err, status)
	}
	return bye
}

// patience is how long until waits: longer than clients pause between two attempts to connect.
const patience = 30 * time.Second

// until waits for a condition that others bring about, who need the processors more.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(50 * time.Microsecond)
	}
}

// advance moves the clock once no write is under way: what has been read may not be seen as written yet, and would look stuck.
func (st *stand) advance(d time.Duration) {
	st.t.Helper()
	for _, c := range st.srv.all() {
		until(st.t, "writes end", func() bool {
			c.out.mu.Lock()
			defer c.out.mu.Unlock()
			return !c.out.writing
		})
	}
	st.clock.Advance(d)
}
