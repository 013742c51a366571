package call

import (
	"crypto/rand"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Limits.
const (
	MaxCalls   = 8                  // of one connection
	MaxMembers = sfu.DefaultMembers // of one room, unless its CA says less
)

// Judge decides from a CA's durable rules, out of its turn. It is bus.Gate.Standing.
type Judge func(ca, caller name.Name, label string, waiting bus.Reader) policy.Decision

// Bus lets clients in: it asks the policy of the room's CA.
type Bus interface{ Request(bus.Request) }

// Maps are where a room's state stands. It is replica.Hub.
type Maps interface {
	Newest(name.Name) (*sharedmap.Map, *wire.Error)
	Follow(of name.Name, changed func()) (stop func())
}

// Options are what a Hub is made of.
type Options struct {
	Maps  Maps
	Judge Judge
	Media *sfu.Engine // nil: nobody is let in
	// ICE are the servers for a member, with credentials of its own; nil for none.
	ICE func(member string) []sfu.ICEServer
	// Key makes members' secrets: those made with the same key count after a restart. Made at random where there is none.
	Key []byte
	// Away is for how long a member whose connection is lost keeps its place: 30 s by default.
	Away  time.Duration
	Clock clock.Clock
	Log   *slog.Logger
}

// Hub holds the rooms of this process that have members.
type Hub struct {
	opt   Options
	bus   Bus
	begun int64 // µs: members from before a restart are waited for
	rouse func(ca name.Name)

	mu      sync.Mutex
	rooms   map[name.Name]*room
	clients map[*session.Conn]*client
	closed  bool

	work sync.WaitGroup
}

// New makes a Hub. Close ends it.
func New(o Options) *Hub {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Away == 0 {
		o.Away = 30 * time.Second
	}
	if o.Key == nil {
		o.Key = make([]byte, 32)
		rand.Read(o.Key) // never fails: crypto/rand ends the program instead
	}
	h := &Hub{opt: o, rooms: map[name.Name]*room{}, clients: map[*session.Conn]*client{}, rouse: func(name.Name) {}}
	h.begun = h.now()
	return h
}

// Serve has the Hub answer the frames of a session server's clients, and wake CAs when members come and go. Call it before the first one connects.
func (h *Hub) Serve(s *session.Server, b Bus, rouse func(ca name.Name)) {
	h.bus, h.rouse = b, rouse
	s.RegisterKind(wire.KindCallOpen, h.handleOpen)
	s.RegisterKind(wire.KindCallSend, h.handleSignal)
	s.RegisterKind(wire.KindCallClose, h.handleClose)
	s.OnClose(h.lost)
	s.OnAuth(h.renewed)
	s.OnRefuse(h.lost)
}

// Close ends all calls, and waits for what the Hub does by itself. Sessions are to be closed before.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, r := range h.all() {
		r.close()
	}
	h.work.Wait()
}

// ending tells whether the Hub is closed, or about to be.
func (h *Hub) ending() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// spawn runs f on a goroutine that Close waits for, unless the Hub is closed.
func (h *Hub) spawn(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.work.Go(f)
	}
}

func (h *Hub) now() int64 { return clock.Micros(h.opt.Clock.Now()) }

// known is a room with members, nil if it has none.
func (h *Hub) known(n name.Name) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[n]
}

// room finds or makes a room's place in memory; nil where the Hub is closed.
func (h *Hub) room(n name.Name) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	r := h.rooms[n]
	if r == nil {
		r = newRoom(h, n)
		h.rooms[n] = r
	}
	return r
}

// all are the rooms that have members.
func (h *Hub) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.rooms))
}

// drop forgets a room that nobody is in.
func (h *Hub) drop(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[r.name] == r {
		delete(h.rooms, r.name)
	}
}

// Person is a member of a room as its CA sees it.
type Person struct {
	Member     string // its id, as long as it is in the room
	Principal  name.Name
	Name       string // what it calls itself
	Since      int64  // µs UTC
	Publishing []string
}

// People are a room's members, in the order in which they came. It is empty for a room without any.
func (h *Hub) People(room name.Name) []Person {
	if r := h.known(room); r != nil {
		return r.people()
	}
	return nil
}

// Recheck takes the seats of an owner's members whose connection is lost and whose token is no longer good. Those that are connected go with their
// connections.
func (h *Hub) Recheck(owner string) {
	for _, r := range h.all() {
		for _, s := range r.all() {
			if s.owner == owner && s.at() == nil && !s.seen().Good() {
				r.leave(s, nil)
			}
		}
	}
}

// Stats are what a Hub holds right now.
type Stats struct {
	Rooms, Members int
	Asking         int // calls that are being let in, or refused
}

// Stats counts.
func (h *Hub) Stats() (s Stats) {
	rooms := h.all()
	s.Rooms = len(rooms)
	for _, r := range rooms {
		s.Members += len(r.people())
	}
	h.mu.Lock()
	clients := slices.Collect(maps.Values(h.clients))
	h.mu.Unlock()
	for _, cl := range clients {
		s.Asking += cl.busy()
	}
	return s
}
