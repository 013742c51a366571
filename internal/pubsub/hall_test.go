package pubsub_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// hall is a world with clients.
type hall struct {
	*world
	sessions *session.Server
	http     *httptest.Server
	tokens   tokens
	queue    int // bytes that may wait for a connection, 0 for as many as usual
	members  atomic.Pointer[policy.Membership]
}

// Member is the same for everybody and every group. It makes hall a bus.Groups.
func (h *hall) Member(bus.Reader, name.Name, name.Name, int) policy.Membership {
	return *h.members.Load()
}

func newHall(t testing.TB) *hall {
	h := &hall{}
	h.members.Store(&policy.Membership{})
	h.world = newWorldWith(t, h)
	h.Class.Methods["Many"], h.Class.Methods["AllowGroup"] = h.many, h.allowGroup
	h.open()
	t.Cleanup(h.shut)
	return h
}

func (h *hall) open() {
	h.sessions = session.New(session.Options{
		Bus: bus.New(h.Runtime), Auth: &h.tokens, Clock: h.Clock, Log: slog.New(slog.DiscardHandler), MaxQueue: h.queue,
	})
	h.hub.Serve(h.sessions, bus.New(h.Runtime))
	h.http = httptest.NewServer(h.sessions.Handler())
}

func (h *hall) shut() {
	h.sessions.Close()
	h.http.Close()
}

func (h *hall) crash() {
	h.shut()
	h.world.crash()
	h.open()
}

// say publishes, and waits until the topic has it.
func (h *hall) say(ca, topic, what string) {
	h.T.Helper()
	h.must(ca, "Publish", topic, what)
	h.settled()
}

// allowGroup lets a group do what a label names.
func (h *hall) allowGroup(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return nil, h.gate.Allow(tx, policy.Rule{Methods: []string{reader(m).Text()}, Who: policy.Group(actortest.Name("app:alice/home/friends"), 1)})
}

// many publishes the numbers from one to another, in one transaction, each with so many bytes behind it.
func (h *hall) many(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	to := topic(r.Text())
	i, end, size := r.Int(), r.Int(), r.Int()
	more := strings.Repeat("x", int(size))
	for ; i < end; i++ {
		if err := h.topics.Publish(tx, to, cbor.AppendText(nil, fmt.Sprint(i, more))); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// tokens are owners' names; one that is narrowed has more behind a slash.
type tokens struct {
	mu     sync.Mutex
	scopes map[string]policy.Scope
}

func (t *tokens) Verify(token string) (string, policy.Scope, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, _, _ := strings.Cut(token, "/")
	return owner, t.scopes[token], nil
}

func (t *tokens) narrow(token string, s policy.Scope) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.scopes == nil {
		t.scopes = map[string]policy.Scope{}
	}
	t.scopes[token] = s
}

// A peer is a client that follows topics. Its connection can be cut and made again; where it is stays.
type peer struct {
	h     *hall
	token string

	mu     sync.Mutex
	cond   *sync.Cond
	ws     *websocket.Conn
	reads  sync.WaitGroup
	paused bool
	asks   uint32
	topics []*hearing
	saw    func(*hearing) // asked after messages
	pongs  int
}

// hearing is what a peer has heard of a topic.
type hearing struct {
	p                *peer
	name, ca, method string
	sub              uint32
	id               uint64
	live             bool
	placed           bool
	epoch, offset    uint64
	got              []string
	opened           []wire.TopicOpened
	ended            *wire.Error
	frames           int
}

func (h *hall) peer(token string) *peer {
	p := &peer{h: h, token: token}
	p.cond = sync.NewCond(&p.mu)
	h.T.Cleanup(p.cut)
	return p.connect()
}

func (p *peer) connect() *peer {
	p.h.T.Helper()
	ws, _, err := websocket.Dial(context.Background(), p.h.http.URL+"/api/session", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		p.h.T.Fatal(err)
	}
	ws.SetReadLimit(64 << 20)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ws = ws
	p.write(wire.Hello{Version: wire.Version, Token: p.token, Client: "test"}.Append(nil))
	for _, t := range p.topics {
		if t.ended == nil {
			t.ask()
		}
	}
	p.reads.Go(func() { p.read(ws) })
	return p
}

// cut ends the connection without a word.
func (p *peer) cut() {
	p.mu.Lock()
	ws := p.ws
	p.ws, p.paused = nil, false
	for _, t := range p.topics {
		t.live = false
	}
	p.cond.Broadcast()
	p.mu.Unlock()
	if ws != nil {
		ws.CloseNow()
	}
	p.reads.Wait()
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
		if err := p.take(frame); err != nil {
			p.h.T.Error(p.token, err)
		}
		p.mu.Unlock()
	}
}

func (p *peer) write(frame []byte) {
	if p.ws != nil {
		_ = p.ws.Write(context.Background(), websocket.MessageBinary, frame)
	}
}

// ping says that the client is there, and waits until the server has heard it.
func (p *peer) ping() {
	p.mu.Lock()
	want := p.pongs + 1
	p.write(wire.Ping{T: 1}.Append(nil))
	p.mu.Unlock()
	p.h.Until("a pong", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.pongs >= want
	})
}

// follow subscribes: from now on, or from where was said with at.
func (p *peer) follow(name string, at ...uint64) *hearing { return p.filter(name, "", "", at...) }

// filter subscribes to what a CA lets through.
func (p *peer) filter(name, ca, method string, at ...uint64) *hearing {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &hearing{p: p, name: name, ca: ca, method: method}
	if len(at) > 0 {
		t.placed, t.epoch, t.offset = true, at[0], at[1]
	}
	p.topics = append(p.topics, t)
	t.ask()
	return t
}

func (t *hearing) ask() {
	t.p.asks++
	t.sub, t.live = t.p.asks, false
	t.p.write(wire.TopicOpen{Sub: t.sub, Topic: "app:" + t.name, Epoch: t.epoch, Offset: t.offset, CA: t.ca, Method: t.method}.Append(nil))
}

func (t *hearing) close() {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.p.write(wire.TopicClose{Sub: t.sub}.Append(nil))
	t.sub, t.live = 0, false
}

// take holds the server to the protocol.
func (p *peer) take(frame []byte) error {
	switch wire.Kind(frame) {
	case wire.KindTopicOpened:
		f, err := wire.ParseTopicOpened(frame)
		if t := p.topic(f.Sub); err == nil && t != nil {
			err = t.takeOpened(f)
		}
		return err
	case wire.KindTopicMessages:
		f, err := wire.ParseTopicMessages(frame)
		for _, t := range p.topics {
			if err == nil && t.live && t.id == f.ID {
				err = t.takeMessages(f)
			}
		}
		return err
	case wire.KindPong:
		p.pongs++
	case wire.KindTopicEnd:
		f, err := wire.ParseTopicEnd(frame)
		if t := p.topic(f.Sub); err == nil && t != nil {
			t.live, t.ended = false, &f.Err
		}
		return err
	}
	return nil
}

func (p *peer) topic(sub uint32) *hearing {
	for _, t := range p.topics {
		if t.sub == sub {
			return t
		}
	}
	return nil
}

func (t *hearing) takeOpened(f wire.TopicOpened) error {
	for _, other := range t.p.topics {
		if other != t && other.live && other.id == f.ID {
			return fmt.Errorf("%d and %d share an id", t.sub, other.sub)
		}
	}
	if t.placed && t.epoch == 0 && f.Epoch != 0 && f.Offset > 0 && !f.Gap { // it was made while we were away: all of it is wanted
		t.p.write(wire.TopicClose{Sub: t.sub}.Append(nil))
		t.epoch, t.offset = f.Epoch, 0
		t.ask()
		return nil
	}
	lost := t.placed && (f.Epoch != t.epoch && t.epoch != 0 || f.Epoch == t.epoch && f.Offset > t.offset)
	if lost && !f.Gap && f.Epoch != 0 && f.Offset != 0 {
		return fmt.Errorf("%+v, without a gap, of one who was at %d:%d", f, t.epoch, t.offset)
	}
	if t.placed && f.Epoch == t.epoch && f.Missed != 0 && f.Missed != f.Offset-t.offset {
		return fmt.Errorf("%+v, of one who was at %d", f, t.offset)
	}
	t.id, t.live, t.placed, t.epoch, t.offset = f.ID, true, true, f.Epoch, f.Offset
	t.opened = append(t.opened, f)
	if f.Gap {
		t.got = append(t.got, fmt.Sprint("+", f.Missed))
	}
	return nil
}

func (t *hearing) takeMessages(f wire.TopicMessages) error {
	if f.Epoch != t.epoch || f.After > t.offset {
		return fmt.Errorf("%d:%d..%d after %d:%d", f.Epoch, f.After, f.Upto, t.epoch, t.offset)
	}
	t.frames++
	r := cbor.NewReader(f.Messages)
	for n := r.Array(); n > 0; n-- {
		m := wire.ReadTopicMessage(&r)
		if r.Err() != nil || m.Offset > f.Upto {
			return fmt.Errorf("message %d of ..%d, %w", m.Offset, f.Upto, r.Err())
		}
		if m.Offset > t.offset {
			v := cbor.NewReader(m.Value)
			t.got = append(t.got, fmt.Sprintf("%d:%s=%s", m.Offset, strings.TrimPrefix(m.From, "app:"), v.Text()))
		}
	}
	t.offset = max(t.offset, f.Upto)
	if t.p.saw != nil {
		t.p.saw(t)
	}
	return r.Done()
}

// hears waits until a peer has heard all this, and nothing else.
func (t *hearing) hears(want string) {
	t.p.h.T.Helper()
	t.p.h.Until("to hear "+want, func() bool { return len(t.heard()) >= len(want) })
	if got := t.heard(); got != want {
		t.p.h.T.Fatalf("%s heard %q, not %q", t.p.token, got, want)
	}
}

func (t *hearing) heard() string {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	return strings.Join(t.got, " ")
}

// lives waits until the server has answered.
func (t *hearing) lives() *hearing {
	t.p.h.T.Helper()
	t.p.h.Until(t.p.token+" to follow "+t.name, func() bool {
		t.p.mu.Lock()
		defer t.p.mu.Unlock()
		return t.live
	})
	return t
}

// at waits until a subscription has got to an offset.
func (t *hearing) at(offset uint64) {
	t.p.h.T.Helper()
	t.p.h.Until(fmt.Sprint(t.p.token, " to be at ", offset), func() bool {
		_, at := t.position()
		return at >= offset
	})
}

func (t *hearing) position() (epoch, offset uint64) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	return t.epoch, t.offset
}

// ends waits until a subscription has ended with a code.
func (t *hearing) ends(code wire.Code) {
	t.p.h.T.Helper()
	t.p.h.Until(t.p.token+" to be sent away from "+t.name, func() bool {
		t.p.mu.Lock()
		defer t.p.mu.Unlock()
		return t.ended != nil
	})
	if t.ended.Code != code {
		t.p.h.T.Fatalf("%s: %s, not %s", t.p.token, t.ended.Code, code)
	}
}
