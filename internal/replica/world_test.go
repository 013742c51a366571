package replica_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a node: a runtime with policy, maps and sessions, over a store in memory.
type world struct {
	*actortest.World
	gate     *bus.Gate
	hub      *replica.Hub
	watches  *replica.Watches
	sessions *session.Server
	http     *httptest.Server

	idleAfter time.Duration                    // of the hub; 0 is its own
	first     []actor.Feature                  // before the hub's
	loads     func(ca string, done bool) error // asked before and after the hub reads a CA's maps; may be nil
}

// hubStore is the store as the hub sees it.
type hubStore struct {
	store.Store
	w *world
}

func (s hubStore) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	if s.w.loads == nil {
		return s.Store.Load(ca, prefix, visit)
	}
	if err := s.w.loads(ca, false); err != nil {
		return 0, err
	}
	rev, err := s.Store.Load(ca, prefix, visit)
	if err == nil {
		err = s.w.loads(ca, true)
	}
	return rev, err
}

// tokens are owners' names.
type tokens struct{}

func (tokens) Verify(token string) (string, policy.Scope, error) { return token, policy.Scope{}, nil }

func newWorld(t testing.TB) *world {
	w := &world{World: actortest.NewWorld(t, nil)}
	w.methods()
	w.up()
	t.Cleanup(w.down)
	return w
}

func (w *world) methods() {
	w.Class.Methods = map[string]actortest.Method{
		"Set":   w.set,
		"Del":   w.del,
		"Both":  w.both,
		"Fill":  w.fill,
		"Fail":  w.fail,
		"Blobs": w.blobs,
		"Allow": w.allow,
		"Deny":  w.revoke,
		"Look":  w.look,
		"End": func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
			tx.Destroy()
			return nil, nil
		},
	}
}

// up starts the node.
func (w *world) up() {
	w.gate = &bus.Gate{Clock: w.Clock, Read: w.Store.Get}
	w.hub = replica.New(replica.Options{Store: hubStore{w.Store, w}, Judge: w.gate.StandingWithin, Clock: w.Clock, Log: w.Log.Logger(), IdleAfter: w.idleAfter})
	w.gate.Groups, w.gate.RulesChanged, w.gate.Ended = w.hub, w.hub.RulesChanged, w.hub.Ended
	w.watches = w.hub.Watches()
	w.Options.Gate, w.Options.Features = w.gate, append(slices.Clone(w.first), w.hub, w.watches)
	w.Boot()
	w.gate.Attach(w.Runtime)
	w.sessions = session.New(session.Options{Bus: bus.New(w.Runtime), Auth: tokens{}, Clock: w.Clock, Log: slog.New(slog.DiscardHandler)})
	w.hub.Serve(w.sessions, bus.New(w.Runtime))
	w.http = httptest.NewServer(w.sessions.Handler())
}

// down ends it at once, as a crash would; what is durable stays.
func (w *world) down() {
	w.sessions.Close()
	w.http.Close()
	w.Runtime.Close()
	w.hub.Close()
}

func (w *world) crash() {
	w.down()
	w.up()
}

// arguments of the methods: texts, and whole numbers.
func args(list ...any) []byte {
	b := cbor.AppendArrayHeader(nil, len(list))
	for _, v := range list {
		switch v := v.(type) {
		case string:
			b = cbor.AppendText(b, v)
		case int:
			b = cbor.AppendInt(b, int64(v))
		}
	}
	return b
}

func (w *world) do(ca, method string, list ...any) actortest.Reply {
	w.T.Helper()
	return w.Call(ca, method, args(list...))
}

func (w *world) must(ca, method string, list ...any) []byte {
	w.T.Helper()
	return w.Must(w.do(ca, method, list...))
}

func (w *world) set(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	return nil, w.hub.Own(tx, r.Text()).Set(r.Text(), cbor.AppendInt(nil, r.Int()))
}

func (w *world) del(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	_, err := w.hub.Own(tx, r.Text()).Delete(r.Text())
	return nil, err
}

// both sets n in the maps a and b.
func (w *world) both(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	n := cbor.AppendInt(nil, reader(m).Int())
	if err := w.hub.Own(tx, "a").Set("n", n); err != nil {
		return nil, err
	}
	return nil, w.hub.Own(tx, "b").Set("n", n)
}

func (w *world) fail(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if _, err := w.set(tx, s, m); err != nil {
		return nil, err
	}
	return nil, wire.Err(wire.Failed, "As it was told.")
}

// fill sets entries from one number to another.
func (w *world) fill(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	own, from, to := w.hub.Own(tx, r.Text()), r.Int(), r.Int()
	for i := from; i < to; i++ {
		if err := own.Set(keyOf(i), cbor.AppendInt(nil, i)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// blobs sets entries of 100,000 bytes from one number to another.
func (w *world) blobs(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	own, from, to := w.hub.Own(tx, r.Text()), r.Int(), r.Int()
	for i := from; i < to; i++ {
		if err := own.Set(keyOf(i), cbor.AppendBytes(nil, make([]byte, 100_000))); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func keyOf(i int64) string { return "key-" + itoa(i) }

func itoa(i int64) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

func (w *world) allow(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return nil, w.gate.Allow(tx, rule(m))
}

func (w *world) revoke(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return cbor.AppendBool(nil, w.gate.Revoke(tx, rule(m))), nil
}

func rule(m *actor.Message) policy.Rule {
	r := cbor.NewReader(m.Args)
	n := r.Array()
	who := r.Text()
	var out policy.Rule
	switch group, ok := strings.CutPrefix(who, "#"); {
	case who == "anyone":
		out.Who = policy.Anyone()
	case ok:
		out.Who = policy.Group(actortest.Name("app:"+group), 0)
	default:
		out.Who = policy.Principal(actortest.Name("app:" + who))
	}
	for range n - 1 {
		out.Methods = append(out.Methods, r.Text())
	}
	return out
}

// look reads n of several maps of others, and returns what it saw.
func (w *world) look(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := cbor.NewReader(m.Args)
	count := r.Array()
	out := cbor.AppendArrayHeader(nil, count)
	for range count {
		m, err := w.hub.Read(tx, actortest.Name(r.Text()))
		if err != nil {
			return nil, err
		}
		value, ok := m.Get("n")
		if !ok {
			value = []byte(cbor.Null)
		}
		out = append(out, value...)
	}
	return out, nil
}

func reader(m *actor.Message) *cbor.Reader {
	r := cbor.NewReader(m.Args)
	r.Array()
	return &r
}

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
	sub := p.subs[full]
	p.w.Until(p.owner+" to hold "+full+" at version "+itoa(int64(want.Version())), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		state, _ := p.mirrors.State(sub)
		r := p.mirrors.Replica(sub)
		return state == sharedmap.Live && r != nil && r.Epoch() == want.Epoch() && r.Version() == want.Version()
	})
	got := p.content(sub)
	if len(got) != want.Size() {
		p.w.T.Errorf("%s holds %d entries of %s, not %d", p.owner, len(got), full, want.Size())
	}
	for key, value := range want.All() {
		if got[key] != string(value) {
			p.w.T.Fatalf("%s: %s is %x, not %x", p.owner, key, got[key], value)
		}
	}
}
