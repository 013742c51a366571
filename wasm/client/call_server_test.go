package client_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

const hallName = "app:alice/home/hall"

// hall serves one room, in the plainest way that the protocol allows.
type hall struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	members map[string]string // by secret
	seats   map[seat]string   // whose is a call
	ids     int
	opens   []wire.CallOpen // as they came
	said    []string        // member, and what
	closes  int
	refusal *wire.Error
	network *netSwitch // of clients
}

type seat struct {
	conn *session.Conn
	call uint32
}

func startHall(t *testing.T) *hall {
	h := &hall{t: t, members: map[string]string{}, seats: map[seat]string{}, network: newSwitch(t)}
	srv := session.New(session.Options{Bus: &counter{}, Auth: names{}, Log: slog.New(slog.DiscardHandler)})
	srv.RegisterKind(wire.KindCallOpen, h.open)
	srv.RegisterKind(wire.KindCallSend, h.hear)
	srv.RegisterKind(wire.KindCallClose, h.close)
	srv.OnClose(h.gone)
	web := httptest.NewServer(srv.Handler())
	h.url = web.URL
	t.Cleanup(func() {
		srv.Drain(context.Background())
		srv.Close()
		web.Close()
	})
	return h
}

// dial makes a client whose network can be off.
func (h *hall) dial() *client.Client {
	h.t.Helper()
	c, err := client.Dial(h.t.Context(), h.url, client.Options{Token: "bob", HTTP: &http.Client{Transport: h.network.transport}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	return c
}

// cut lasts until mend: a client that is quick to come back has nothing to tell of a cut.
func (h *hall) cut() { h.network.turn(false) }

func (h *hall) mend(c *client.Client) {
	h.network.turn(true)
	c.RetryNow()
}

func (h *hall) open(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallOpen(frame)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opens = append(h.opens, f)
	if h.refusal != nil {
		h.send(c, wire.CallEnd{Call: f.Call, Err: *h.refusal}.Append(nil))
		return nil
	}
	opened := wire.CallOpened{Call: f.Call, Member: f.Member, Secret: f.Secret, Payload: append([]byte(nil), f.Payload...)} // the hello comes back
	if opened.Resumed = f.Secret != "" && h.members[f.Secret] == f.Member; !opened.Resumed {
		h.ids++
		opened.Member, opened.Secret = fmt.Sprintf("member-%d", h.ids), fmt.Sprintf("secret-%d", h.ids)
		h.members[opened.Secret] = opened.Member
	}
	h.seats[seat{c, f.Call}] = opened.Member
	h.send(c, opened.Append(nil))
	return nil
}

func (h *hall) hear(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallSend(frame)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r := cbor.NewReader(f.Payload)
	h.said = append(h.said, h.seats[seat{c, f.Call}]+" "+r.Text())
	return nil
}

func (h *hall) close(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallClose(frame)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.seats, seat{c, f.Call})
	h.closes++
	return err
}

func (h *hall) gone(c *session.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.seats {
		if s.conn == c {
			delete(h.seats, s)
		}
	}
}

// say says numbers to everybody.
func (h *hall) say(numbers ...uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range numbers {
		h.each(func(s seat) []byte {
			return wire.CallSignal{Call: s.call, Payload: cbor.AppendUint(nil, n)}.Append(nil)
		})
	}
}

// end refuses everybody, in there or not, until err is nil.
func (h *hall) end(err *wire.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal = err; err != nil {
		h.each(func(s seat) []byte { return wire.CallEnd{Call: s.call, Err: *err}.Append(nil) })
		clear(h.seats)
	}
}

// babble sends everybody a frame that makes no sense; nobody connects again until mend.
func (h *hall) babble() {
	h.network.bar()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.each(func(seat) []byte { return []byte{0x82, 0x18, wire.KindCallSignal, 0} })
}

// forget is what a restart does to members.
func (h *hall) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.members)
}

func (h *hall) each(frame func(seat) []byte) {
	for s := range h.seats {
		h.send(s.conn, frame(s))
	}
}

func (h *hall) send(c *session.Conn, frame []byte) {
	if !c.Send(session.NewFrame(frame)) {
		h.t.Error("a frame was not taken")
	}
}

func (h *hall) told() (opens []wire.CallOpen, said []string, closes int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]wire.CallOpen(nil), h.opens...), append([]string(nil), h.said...), h.closes
}
