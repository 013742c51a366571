package server

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/wasm/client"
)

// till is a CA with so much to give, and no more.
type till struct {
	Left, Taken int
	asked       *atomic.Int32 // how often Take has run, whatever became of it
}

func tillApp(asked *atomic.Int32) App {
	return App{Name: "till", New: func() CA { return &till{asked: asked} }}
}

func (c *till) Fill(tx *Tx, n int) { c.Left += n }
func (c *till) Given(tx *Tx) int   { return c.Taken }
func (c *till) Die(tx *Tx)         { tx.Destroy() }
func (c *till) Take(tx *Tx) (int, error) {
	c.asked.Add(1)
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
	deaf, mute bool     // guarded by line.mu, as is what follows
	lost       [][]byte // of what was sent
}

func (l *badLine) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &badConn{Conn: conn, line: l}
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

// lost tells whether a frame with this text was sent, and lost.
func (l *badLine) lost(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if slices.ContainsFunc(c.lost, func(frame []byte) bool { return bytes.Contains(unmasked(frame), []byte(text)) }) {
			return true
		}
	}
	return false
}

// unmasked is what a short frame holds that a client sends by its WebSocket: a head of 2 or 4 bytes, then the mask.
func unmasked(frame []byte) []byte {
	head := 2
	if len(frame) > 1 && frame[1]&0x7f == 126 {
		head = 4
	}
	if len(frame) < head+4 {
		return nil
	}
	mask, text := frame[head:head+4], bytes.Clone(frame[head+4:])
	for i := range text {
		text[i] ^= mask[i%4]
	}
	return text
}

func (l *badLine) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

func (c *badConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.isDeaf() {
			return n, err
		}
	}
}

func (c *badConn) isDeaf() bool {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	return c.deaf
}

func (c *badConn) Write(b []byte) (int, error) {
	if c.loses(b) {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// loses tells whether what is sent does not arrive, and keeps it then.
func (c *badConn) loses(b []byte) bool {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	if c.mute {
		c.lost = append(c.lost, bytes.Clone(b))
	}
	return c.mute
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
		asked := new(atomic.Int32)
		s := &stage{kit: newKit(t, tillApp(asked))}
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
		if c.mute {
			s.until("the request is lost", func() bool { return line.lost("Take") })
		} else {
			s.until("it is decided", func() bool { return asked.Load() == 1 })
			s.want("alice", "till/alice/home/Given", `[]`, args(c.left)[1:2]) // and so it has been answered
		}
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
	s, err := quietly(t, Options{MaxCAs: 1}, tillApp(new(atomic.Int32)))
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
