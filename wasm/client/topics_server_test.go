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
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

const partyName = "app:forum/party"

// parties serves one topic, in the plainest way that the protocol allows.
type parties struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	epoch   uint64 // 0 while the topic doesn't exist
	newest  uint64
	oldest  uint64 // what is remembered begins behind it
	subs    map[*session.Conn]map[uint32]uint64
	ids     uint64
	opens   []wire.TopicOpen // as they came
	closes  int
	refusal *wire.Error
	network *netSwitch // of clients
}

func startParties(t *testing.T) *parties {
	p := &parties{t: t, epoch: 7, subs: map[*session.Conn]map[uint32]uint64{}, network: newSwitch(t)}
	srv := session.New(session.Options{Bus: &counter{}, Auth: names{}, Log: slog.New(slog.DiscardHandler)})
	srv.RegisterKind(wire.KindTopicOpen, p.open)
	srv.RegisterKind(wire.KindTopicClose, p.close)
	srv.OnClose(p.gone)
	web := httptest.NewServer(srv.Handler())
	p.url = web.URL
	t.Cleanup(func() {
		srv.Drain(context.Background())
		srv.Close()
		web.Close()
	})
	return p
}

// dial makes a client whose network can be off.
func (p *parties) dial() *client.Client {
	p.t.Helper()
	c, err := client.Dial(p.t.Context(), p.url, client.Options{Token: "bob", HTTP: &http.Client{Transport: p.network.transport}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	return c
}

// cut lasts until mend: a client that is quick to come back has nothing to tell of a cut.
func (p *parties) cut() { p.network.turn(false) }

func (p *parties) mend(c *client.Client) {
	p.network.turn(true)
	c.RetryNow()
}

func (p *parties) open(c *session.Conn, frame []byte) error {
	f, err := wire.ParseTopicOpen(frame)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opens = append(p.opens, f)
	if p.refusal != nil {
		p.send(c, wire.TopicEnd{Sub: f.Sub, Err: *p.refusal}.Append(nil))
		return nil
	}
	p.ids++
	if p.subs[c] == nil {
		p.subs[c] = map[uint32]uint64{}
	}
	p.subs[c][f.Sub] = p.ids
	opened := wire.TopicOpened{Sub: f.Sub, ID: p.ids, Epoch: p.epoch, Offset: p.newest}
	switch {
	case f.Epoch == p.epoch && f.Offset < p.oldest:
		opened.Offset, opened.Gap, opened.Missed = p.oldest, true, p.oldest-f.Offset
	case f.Epoch == p.epoch:
		opened.Offset = f.Offset
	case f.Epoch != 0:
		opened.Offset, opened.Gap = p.oldest, true
	}
	p.send(c, opened.Append(nil))
	if opened.Offset < p.newest {
		p.send(c, p.batch(p.ids, opened.Offset))
	}
	return nil
}

// batch is everything after an offset. Values are the offsets.
func (p *parties) batch(id, after uint64) []byte {
	frame := wire.AppendTopicMessages(nil, id, p.epoch, after, p.newest, int(p.newest-after))
	for o := after + 1; o <= p.newest; o++ {
		frame = wire.TopicMessage{Offset: o, At: int64(o), From: "app:alice/home", Value: cbor.AppendUint(nil, o)}.Append(frame)
	}
	return frame
}

func (p *parties) close(c *session.Conn, frame []byte) error {
	f, err := wire.ParseTopicClose(frame)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.subs[c], f.Sub)
	p.closes++
	return err
}

func (p *parties) gone(c *session.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.subs, c)
}

// publish publishes n messages at once.
func (p *parties) publish(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	after := p.newest
	p.newest += n
	p.each(func(c *session.Conn, _ uint32, id uint64) { p.send(c, p.batch(id, after)) })
}

func (p *parties) each(f func(c *session.Conn, sub uint32, id uint64)) {
	for c, subs := range p.subs {
		for sub, id := range subs {
			f(c, sub, id)
		}
	}
}

// lose tells all readers that n messages are gone before they saw them.
func (p *parties) lose(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newest += n
	p.oldest = p.newest
	p.each(func(c *session.Conn, sub uint32, id uint64) {
		p.send(c, wire.TopicOpened{Sub: sub, ID: id, Epoch: p.epoch, Offset: p.newest, Gap: true, Missed: n}.Append(nil))
	})
}

// anew destroys the topic and makes another one of its name.
func (p *parties) anew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch, p.newest, p.oldest = p.epoch+1, 0, 0
	p.each(func(c *session.Conn, sub uint32, id uint64) {
		p.send(c, wire.TopicOpened{Sub: sub, ID: id, Epoch: p.epoch, Gap: true}.Append(nil))
	})
}

func (p *parties) end(err *wire.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = err
	p.each(func(c *session.Conn, sub uint32, _ uint64) { p.send(c, wire.TopicEnd{Sub: sub, Err: *err}.Append(nil)) })
	clear(p.subs)
}

// babble sends all readers a frame that makes no sense; nobody connects again until mend.
func (p *parties) babble() {
	p.network.bar()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.subs {
		p.send(c, []byte{0x82, 0x18, wire.KindTopicMessages, 0})
	}
}

func (p *parties) send(c *session.Conn, frame []byte) {
	if !c.Send(session.NewFrame(frame)) {
		p.t.Error("a frame was not taken")
	}
}

func (p *parties) told() (opens []wire.TopicOpen, closes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]wire.TopicOpen(nil), p.opens...), p.closes
}
