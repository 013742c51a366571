package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/wasm/client"
)

// till is a CA with so much to give, and no more.
type till struct{ Left, Taken int }

func tillApp() App { return App{Name: "till", New: func() CA { return new(till) }} }

func (c *till) Fill(tx *Tx, n int) { c.Left += n }
func (c *till) Given(tx *Tx) int   { return c.Taken }
func (c *till) Die(tx *Tx)         { tx.Destroy() }
func (c *till) Take(tx *Tx) (int, error) {
	if c.Left == 0 {
		return 0, Refuse(Quota, "Nothing is left. Come back in a minute.", time.Minute)
	}
	c.Left--
	c.Taken++
	return c.Taken, nil
}

// badLine is a client's way to the server, which loses what is sent by it from an instant on, and can be cut.
type badLine struct {
	mu    sync.Mutex
	conns []*badConn
}

// badConn loses one direction, or none.
type badConn struct {
	net.Conn
	line       *badLine
	deaf, mute bool // guarded by line.mu
	lost       chan struct{}
	once       sync.Once
}

func (l *badLine) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &badConn{Conn: conn, line: l, lost: make(chan struct{})}
	l.conns = append(l.conns, c)
	return c, nil
}

// set has the connections that there are lose what comes, or what goes.
func (l *badLine) set(deaf, mute bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.deaf, c.mute = deaf, mute
	}
}

// wait returns when something was lost.
func (l *badLine) wait() {
	l.mu.Lock()
	c := l.conns[len(l.conns)-1]
	l.mu.Unlock()
	<-c.lost
}

func (l *badLine) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

func (c *badConn) loses(how *bool) bool {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	if *how {
		c.once.Do(func() { close(c.lost) })
	}
	return *how
}

func (c *badConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.loses(&c.deaf) {
			return n, err
		}
	}
}

func (c *badConn) Write(b []byte) (int, error) {
	if c.loses(&c.mute) {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// A request that is in doubt after a cut, and has not run, hears of a quota as soon as it is known; one that has run hears of its success, though it has used up the quota.
func TestOPS2_AQuotaAfterACutIsToldAtOnceAndNothingRunsTwice(t *testing.T) {
	for name, c := range map[string]struct {
		left       int
		deaf, mute bool
	}{
		"it has run":           {left: 1, deaf: true},
		"it was refused":       {deaf: true},
		"it has never arrived": {mute: true},
	} {
		s := &stage{kit: newKit(t, tillApp())}
		s.serveHTTP()
		s.want("alice", "till/alice/home/Fill", args(c.left), "null")
		line := &badLine{}
		web := &http.Transport{DialContext: line.dial}
		cl, err := client.Dial(t.Context(), s.url, client.Options{Token: s.token("alice", policy.Scope{}), HTTP: &http.Client{Transport: web}})
		if err != nil {
			t.Fatal(err)
		}
		ca := cl.CA("till:alice/home", client.CAOptions{})
		if err := ca.Call(t.Context(), nil, "Given"); err != nil {
			t.Fatal(err)
		}
		line.set(c.deaf, c.mute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		var n int
		answer := make(chan error, 1)
		go func() { answer <- ca.Call(ctx, &n, "Take") }()
		line.wait()
		line.cut()
		err = <-answer
		cancel()
		var coded *client.Error
		switch refused := errors.As(err, &coded); {
		case c.left == 1 && (err != nil || n != 1):
			t.Errorf("%s: %d, %v", name, n, err)
		case c.left == 0 && (!refused || coded.Code != client.Quota || coded.RetryAfter != 60_000):
			t.Errorf("%s: %d, %v", name, n, err)
		}
		s.want("alice", "till/alice/home/Given", `[]`, args(c.left)[1:2])
		cl.Close()
		web.CloseIdleConnections()
	}
}

// A quota of the server's own is not said before a receipt was looked for, either: what has run is answered by its receipt, where its CA is gone and another one took its place in the quota.
func TestCA3_AReceiptComesBeforeTheQuotaOfCAs(t *testing.T) {
	s, err := quietly(t, Options{MaxCAs: 1}, tillApp())
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, Server: s}
	k.want("alice", "till/alice/home/Fill", `[1]`, "null")
	die := func() said { return k.do("alice", "till/alice/home/Die", `[]`, "Idempotency-Key", "once") }
	if a := die(); a.Error.Code != "" {
		t.Fatal(a)
	}
	k.eventually("alice", "till/alice/other/Given", `[]`, "0")
	k.refused("alice", "till/alice/home/Given", `[]`, "quota")
	if a := die(); a.Error.Code != "" || string(a.Result) != "null" {
		t.Error(a)
	}
}
