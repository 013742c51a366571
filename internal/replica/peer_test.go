package replica_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// A peer is a client with replicas. Its connection can be cut and made again; what it holds stays.
type peer struct {
	w     *world
	owner string

	mu      sync.Mutex
	mirrors *sharedmap.Mirrors
	cond    *sync.Cond
	ws      *websocket.Conn
	readers sync.WaitGroup
	paused  bool
	subs    map[string]uint32
	highest map[uint32][2]uint64
	check   func(*peer) // after each frame
	ended   map[uint32]*wire.Error
	crowd   []byte
	frames  int
	longest int // frame
	pongs   int
}

func (w *world) peer(owner string) *peer {
	p := &peer{w: w, owner: owner, mirrors: sharedmap.NewMirrors(1), subs: map[string]uint32{}, highest: map[uint32][2]uint64{}, ended: map[uint32]*wire.Error{}}
	p.cond = sync.NewCond(&p.mu)
	w.T.Cleanup(p.cut)
	return p
}

// connect makes a connection.
func (p *peer) connect() *peer {
	p.w.T.Helper()
	ws, _, err := websocket.Dial(context.Background(), p.w.http.URL+"/api/session", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		p.w.T.Fatal(err)
	}
	ws.SetReadLimit(64 << 20)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ws = ws
	p.write(wire.Hello{Version: wire.Version, Token: p.owner, Client: "test"}.Append(nil))
	p.mirrors.Connected(p.now())
	p.drain()
	p.readers.Go(func() { p.read(ws) })
	return p
}

func (p *peer) now() int64 { return clock.Micros(p.w.Clock.Now()) }

// cut ends the connection without a word.
func (p *peer) cut() {
	p.mu.Lock()
	ws := p.ws
	p.ws, p.paused = nil, false
	p.cond.Broadcast()
	p.mu.Unlock()
	if ws != nil {
		ws.CloseNow()
	}
	p.readers.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mirrors.Disconnected(p.now())
	p.drain()
}

// pause stops reading, so that the server finds no room.
func (p *peer) pause(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = on
	p.cond.Broadcast()
}

func (p *peer) read(ws *websocket.Conn) {
	for {
		p.mu.Lock()
		for p.paused && p.ws == ws {
			p.cond.Wait()
		}
		p.mu.Unlock()
		_, frame, err := ws.Read(context.Background())
		if err != nil {
			return
		}
		p.mu.Lock()
		p.frames++
		if wire.Kind(frame) == wire.KindPong {
			p.pongs++
		}
		p.longest = max(p.longest, len(frame))
		if err := p.mirrors.Received(p.now(), frame); err != nil {
			p.w.T.Error(err)
		}
		p.drain()
		if p.check != nil {
			p.check(p)
		}
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}

// drain is called with mu held.
func (p *peer) drain() {
	for e, ok := p.mirrors.Next(); ok; e, ok = p.mirrors.Next() {
		switch e.Kind {
		case sharedmap.MirrorSend:
			p.write(e.Data)
		case sharedmap.MirrorTurned:
			if e.State == sharedmap.Ended {
				p.ended[e.Sub] = e.Err
			}
		case sharedmap.MirrorChanged:
			p.changed(e)
		case sharedmap.MirrorPresence:
			p.crowd = append([]byte(nil), e.Data...)
		}
	}
}

// changed holds every replica to MAP-4.
func (p *peer) changed(e sharedmap.MirrorEvent) {
	r := p.mirrors.Replica(e.Sub)
	before := p.highest[e.Sub]
	if before[0] == r.Epoch() && before[1] > r.Version() {
		p.w.T.Errorf("%s: version %d after %d", p.owner, r.Version(), before[1])
	}
	p.highest[e.Sub] = [2]uint64{r.Epoch(), r.Version()}
}

func (p *peer) write(frame []byte) {
	if p.ws != nil {
		_ = p.ws.Write(context.Background(), websocket.MessageBinary, frame)
	}
}

// raw sends frames that no replica stands behind.
func (p *peer) raw(frames ...[]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, frame := range frames {
		p.write(frame)
	}
}

// ping waits until the server has taken all that was sent.
func (p *peer) ping() {
	p.mu.Lock()
	want := p.pongs + 1
	p.write(wire.Ping{T: 1}.Append(nil))
	p.mu.Unlock()
	p.w.Until("a pong", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.pongs >= want
	})
}

// pass lets time pass. Peers say that they are there meanwhile, however often that is: a silent one would be sent away.
func (w *world) pass(d time.Duration, peers ...*peer) {
	w.Clock.Advance(d)
	for _, p := range peers {
		p.ping()
	}
}

func (p *peer) open(full string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	sub := p.mirrors.Open(p.now(), full)
	p.subs[full] = sub
	p.drain()
	return sub
}

func (p *peer) show(sub uint32, value []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(wire.SetPresence{Sub: sub, Value: value}.Append(nil))
}

// present is whom a peer sees in a map, as owner:value, in no particular order.
func (p *peer) present(sub uint32) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, all := p.mirrors.Presence(sub)
	r := cbor.NewReader(all)
	var out []string
	for range r.Array() {
		r.Array()
		r.Uint()
		out = append(out, r.Text()+fmt.Sprintf(":%02x", r.Raw()))
	}
	return strings.Join(out, " ")
}

// content is a replica as plain values.
func (p *peer) content(sub uint32) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.contentLocked(sub)
}

func (p *peer) contentLocked(sub uint32) map[string]string {
	out := map[string]string{}
	if r := p.mirrors.Replica(sub); r != nil {
		for key, value := range r.All() {
			out[key] = string(value)
		}
	}
	return out
}

// holds waits until a replica is live at the writer's version, and compares.
func (p *peer) holds(full string) {
	p.w.T.Helper()
	want, err := p.w.hub.Newest(actortest.Name(full))
	if err != nil {
		p.w.T.Fatal(err)
	}
	p.w.Until(p.owner+" to hold "+full+" at version "+itoa(int64(want.Version())), func() bool {
		return p.isAt(full, want)
	})
	got := p.content(p.subs[full])
	if len(got) != want.Size() {
		p.w.T.Errorf("%s holds %d entries of %s, not %d", p.owner, len(got), full, want.Size())
	}
	for key, value := range want.All() {
		if got[key] != string(value) {
			p.w.T.Fatalf("%s: %s is %x, not %x", p.owner, key, got[key], value)
		}
	}
}

// isAt tells whether a replica is live at the version of a map.
func (p *peer) isAt(full string, want *sharedmap.Map) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	state, _ := p.mirrors.State(p.subs[full])
	r := p.mirrors.Replica(p.subs[full])
	return state == sharedmap.Live && r != nil && r.Epoch() == want.Epoch() && r.Version() == want.Version()
}

// end is the code that a subscription has ended with, "" while it stands.
func (p *peer) end(sub uint32) wire.Code {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ended[sub]; err != nil {
		return err.Code
	}
	return ""
}
