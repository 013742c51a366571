package session

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"unsafe"

	"github.com/coder/websocket"
	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/wire"
)

// raw is a payload as it is.
type raw []byte

func (r raw) Append(dst []byte) []byte { return append(dst, r...) }

func TestSealedFramesHaveTheShortestHeader(t *testing.T) {
	for n, header := range map[int][]byte{
		0: {0x82, 0}, 1: {0x82, 1}, 125: {0x82, 125}, 126: {0x82, 126, 0, 126}, 65535: {0x82, 126, 255, 255},
		65536: {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0},
	} {
		payload := bytes.Repeat([]byte{7}, n)
		want := append(bytes.Clone(header), payload...)
		for how, got := range map[string][]byte{
			"NewFrame": NewFrame(payload).b, "pack": pack(raw(payload), 0), "AppendFrame": AppendFrame(nil, payload),
			"appendSealed": appendSealed([]byte("before"), raw(payload))[len("before"):],
		} {
			if !bytes.Equal(got, want) {
				t.Errorf("%s of %d bytes begins %x", how, n, got[:min(len(got), 12)])
			}
		}
	}
}

func TestRingAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring
		var model []note
		keep, limit := rapid.IntRange(1, 8).Draw(t, "keep"), rapid.IntRange(1, 400).Draw(t, "limit")
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "add") {
				value := make([]byte, rapid.IntRange(0, 100).Draw(t, "size"))
				r.add(value, keep, limit)
				model = append(model, note{r.seq, value})
				for len(model) > keep || size(model) > limit {
					model = model[1:]
				}
			} else {
				seq := uint64(rapid.IntRange(0, int(r.seq)+2).Draw(t, "seen"))
				r.see(seq)
				for len(model) > 0 && model[0].seq <= seq {
					model = model[1:]
				}
			}
			after := uint64(rapid.IntRange(0, int(r.seq)+2).Draw(t, "after"))
			want := model
			for len(want) > 0 && want[0].seq <= after {
				want = want[1:]
			}
			got := r.after(after)
			if r.bytes != size(model) || len(got) != len(want) || len(got) > 0 && got[0].seq != want[0].seq {
				t.Fatalf("after %d: %v, want %v; %d bytes, want %d", after, got, want, r.bytes, size(model))
			}
		}
	})
}

func size(notes []note) (n int) {
	for _, x := range notes {
		n += len(x.value) + noteOverhead
	}
	return n
}

// TestWholeWritesNeverInterleave answers pings while our writer sends frames of all sizes on the same connection.
func TestWholeWritesNeverInterleave(t *testing.T) {
	const kind = wire.FirstFeature
	st := newStand(t, nil)
	server := make(chan *Conn, 1)
	st.srv.RegisterKind(kind, func(c *Conn, _ []byte) error {
		server <- c
		return nil
	})
	p := st.hello("alice")
	p.sendRaw([]byte{0x82, 0x18, kind, 0})
	c := <-server
	sizes := []int{1, 125, 126, 5000, 16 << 10, 20_000, 70_000}
	const rounds = 300
	var wg sync.WaitGroup
	wg.Go(func() {
		rnd := rand.New(rand.NewPCG(1, 1))
		for i := range rounds {
			n := sizes[rnd.IntN(len(sizes))]
			f := NewFrame(bytes.Repeat([]byte{byte(i)}, n))
			for !c.Send(f) && st.srv.Stats().Conns == 1 {
				wg.Go(func() {}) // yields
			}
		}
	})
	wg.Go(func() {
		for range rounds / 3 {
			if err := p.ws.Ping(context.Background()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range rounds {
		kind, b, err := p.ws.Read(context.Background())
		if err != nil || kind != websocket.MessageBinary {
			t.Fatal(kind, err)
		}
		if !bytes.Equal(b, bytes.Repeat([]byte{byte(i)}, len(b))) {
			t.Fatalf("frame %d is torn", i)
		}
	}
	go p.ws.Read(context.Background()) // goes on answering pings until the end
	wg.Wait()
}

// TestOPS1_WhatWaitsIsBoundedInMemory: answers of 31 bytes to a client that reads none of them.
func TestOPS1_WhatWaitsIsBoundedInMemory(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	var flush flusher
	const limit = 1 << 20
	o := &outbox{gate: newGate(a), limit: limit, flush: &flush, now: func() int64 { return 1 }}
	for o.push(pack(wire.Pong{T: 1 << 50, Received: 1 << 50, Now: 1 << 50}, smallFrame), limit, fastLane) {
	}
	o.mu.Lock()
	taken := cap(o.queue) * int(unsafe.Sizeof(o.queue[0]))
	for _, f := range o.queue {
		taken += cap(f)
	}
	o.mu.Unlock()
	if most := limit + limit/10; taken > most || taken < limit/4 {
		t.Errorf("%d bytes of memory are taken where %d are allowed", taken, limit)
	}
	a.Close()
	flush.done.Wait()
}

func TestFeatureFramesAreRefusedBeyondHalfOfTheBound(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	var flush flusher
	c := &Conn{out: &outbox{gate: newGate(a), limit: 1000, flush: &flush, now: func() int64 { return 1 }}}
	f := NewFrame(make([]byte, 180)) // weighs some more
	sent := 0
	for c.Send(f) {
		sent++
	}
	if sent != 2 || c.out.size() > 500 {
		t.Errorf("%d frames, %d bytes are queued", sent, c.out.size())
	}
	a.Close()
	flush.done.Wait()
}

// FuzzDispatch plays a hostile client that has said hello: frames of the input, each with its length in front.
func FuzzDispatch(f *testing.F) {
	frames := func(list ...appender) (out []byte) {
		for _, x := range list {
			b := x.Append(nil)
			out = append(append(out, byte(len(b))), b...)
		}
		return out
	}
	open := wire.Open{Ch: 1, CA: home, Session: "s", Run: run1}
	f.Add(frames(open, add(1, 1, 5), wire.Seen{Ch: 1, Seq: 3}, wire.Close{Ch: 1}, open, wire.Ping{T: 1}, wire.Auth{Token: "alice"}))
	f.Add(frames(open, open, add(2, 1, 1)))
	f.Fuzz(func(t *testing.T, in []byte) {
		srv := New(Options{Bus: newFakeBus(), Auth: newFakeAuth()})
		defer srv.Close()
		a, b := net.Pipe()
		c := &Conn{
			srv: srv, share: &srv.strangers, channels: map[uint32]*channel{},
			out: &outbox{gate: newGate(a), limit: 10_000, flush: &srv.flush, now: srv.micros},
		}
		c.id.Store(&identity{owner: "alice"})
		for len(in) > 0 {
			n := min(int(in[0]), len(in)-1)
			c.take(message{opBinary, in[1 : 1+n]})
			in = in[1+n:]
			srv.Notify(homeCA, "*", []byte{1})
		}
		if c.out.size() > 20_000 {
			t.Errorf("%d bytes are queued", c.out.size())
		}
		b.Close()
		a.Close()
		for _, ch := range c.channels {
			ch.end(nil)
			srv.registry.leave(ch, 0, true)
		}
		if n := srv.Stats().Sessions; n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}
