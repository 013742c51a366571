package client_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
)

// counter is a bus with one CA, whose only method is Add. It tells its owner's sessions of every change.
type counter struct {
	srv *session.Server
	mu  sync.Mutex
	n   int64
}

func (c *counter) Request(r bus.Request) {
	if r.Method != "Add" {
		r.Reply(bus.Reply{})
		return
	}
	in := cbor.NewReader(r.Args)
	in.Array()
	c.mu.Lock()
	c.n += in.Int()
	n := c.n
	c.mu.Unlock()
	r.Reply(bus.Reply{Result: cbor.AppendInt(nil, n)})
	c.srv.Notify(r.To, "*", cbor.AppendInt(nil, n))
}

// names takes a token for its owner's name.
type names struct{}

func (names) Verify(token string) (string, policy.Scope, error) { return token, policy.Scope{}, nil }

// startServer serves a counter, and tells where.
func startServer() (url string, stop func()) {
	c := &counter{}
	c.srv = session.New(session.Options{Bus: c, Auth: names{}, Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(c.srv.Handler())
	return web.URL, func() {
		c.srv.Drain(context.Background())
		c.srv.Close()
		web.Close()
	}
}
