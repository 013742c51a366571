package client_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

const boardName = "app:alice/home/board"

// boards serves one map, in the plainest way that the protocol allows.
type boards struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	m       *sharedmap.Map
	subs    map[*session.Conn]uint32
	opens   []wire.MapOpen // as they came
	closes  int
	refusal *wire.Error
	network *netSwitch // of clients
}

func startBoards(t *testing.T) *boards {
	b := &boards{t: t, m: sharedmap.New(7), subs: map[*session.Conn]uint32{}, network: newSwitch(t)}
	srv := session.New(session.Options{Bus: &counter{}, Auth: names{}, Log: slog.New(slog.DiscardHandler)})
	srv.RegisterKind(wire.KindMapOpen, b.open)
	srv.RegisterKind(wire.KindMapClose, b.close)
	srv.RegisterKind(wire.KindSetPresence, b.present)
	srv.OnClose(b.gone)
	web := httptest.NewServer(srv.Handler())
	b.url = web.URL
	t.Cleanup(func() {
		srv.Drain(context.Background())
		srv.Close()
		web.Close()
	})
	return b
}

// dial makes a client whose network can be off.
func (b *boards) dial(owner string) *client.Client {
	b.t.Helper()
	c, err := client.Dial(b.t.Context(), b.url, client.Options{Token: owner, HTTP: &http.Client{Transport: b.network.transport}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	return c
}

func (b *boards) open(c *session.Conn, frame []byte) error {
	f, err := wire.ParseMapOpen(frame)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opens = append(b.opens, f)
	if b.refusal != nil {
		b.send(c, wire.MapEnd{Sub: f.Sub, Err: *b.refusal}.Append(nil))
		return nil
	}
	b.subs[c] = f.Sub
	opened := wire.MapOpened{Sub: f.Sub, ID: 1, Who: uint64(len(b.subs)), Epoch: b.m.Epoch(), Version: b.m.Version(), From: f.Version}
	if opened.Snapshot = f.Epoch != b.m.Epoch(); opened.Snapshot {
		opened.From = 0
	}
	b.send(c, opened.Append(nil))
	if d, _ := b.m.Since(f.Version); !opened.Snapshot {
		b.send(c, sharedmap.AppendDelta(wire.AppendMapDelta(nil, 1), 1, d))
		return nil
	}
	b.snapshot(c, f.Sub)
	return nil
}

func (b *boards) snapshot(c *session.Conn, sub uint32) {
	cursor := b.m.Cursor()
	for more := true; more; {
		var entries []sharedmap.Entry
		entries, more = cursor.Next(10)
		b.send(c, wire.MapPart{Sub: sub, Epoch: b.m.Epoch(), Version: b.m.Version(), Last: !more, Entries: sharedmap.AppendEntries(nil, entries)}.Append(nil))
	}
}

func (b *boards) close(c *session.Conn, _ []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, c)
	b.closes++
	return nil
}

func (b *boards) gone(c *session.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, c)
}

// present passes on what a client shows, to all.
func (b *boards) present(c *session.Conn, frame []byte) error {
	f, err := wire.ParseSetPresence(frame)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	entry := cbor.AppendText(cbor.AppendUint([]byte{0x81, 0x83}, 42), c.Owner())
	for other := range b.subs {
		b.send(other, wire.Presence{ID: 1, Changed: append(entry, f.Value...)}.Append(nil))
	}
	return nil
}

// write sets keys to numbers, or deletes them where the number is negative, in one transaction.
func (b *boards) write(entries map[string]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.m.Edit()
	for key, n := range entries {
		if n < 0 {
			e.Delete(key)
		} else if err := e.Set(key, cbor.AppendInt(nil, n)); err != nil {
			b.t.Error(err)
		}
	}
	next, d, _ := e.Commit()
	b.m = next
	for c := range b.subs {
		b.send(c, sharedmap.AppendDelta(wire.AppendMapDelta(nil, 1), 1, d))
	}
}

// end ends all subscriptions.
func (b *boards) end(err *wire.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusal = err
	for c, sub := range b.subs {
		b.send(c, wire.MapEnd{Sub: sub, Err: *err}.Append(nil))
	}
}

func (b *boards) send(c *session.Conn, frame []byte) {
	if !c.Send(session.NewFrame(frame)) {
		b.t.Error("a frame was not taken")
	}
}

func (b *boards) told() (opens []wire.MapOpen, closes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]wire.MapOpen(nil), b.opens...), b.closes
}
