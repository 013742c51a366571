package session

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Server serves the clients of one process.
type Server struct {
	opt      Options
	registry *registry
	kinds    map[uint64]KindHandler
	onClose  []func(*Conn)
	onAuth   []func(*Conn)
	onRefuse []func(*Conn)
	draining atomic.Bool
	calls    atomic.Int64 // HTTP requests in progress
	upgrades atomic.Uint64

	mu      sync.Mutex
	conns   map[*Conn]struct{}
	owners  map[string]*owner
	leaving map[*owner]struct{} // those that have nothing any more but what they owe, and some that have come back since the last sweep
	large   int                 // HTTP requests in progress with a large body
	sweeps  clock.Timer
	closed  bool
	gone    *sync.Cond // a connection went, or a call ended

	pace      *pace
	strangers share // of connections before hello

	readers  sync.WaitGroup
	reactor  *reactor // guarded by mu; nil until there is a socket to read
	flush    flusher
	sweeping sync.Mutex // held by a sweep: Close waits for it
}

// KindHandler handles a feature's frames from a client that has said hello, on the connection's reader: it must not block, and frame is
// valid only while it runs. An error ends the connection with bye bad_request, or with its own code if it is a *wire.Error.
type KindHandler func(c *Conn, frame []byte) error

// New makes a Server. Close ends it.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		opt: o, registry: newRegistry(o), kinds: make(map[uint64]KindHandler),
		conns: make(map[*Conn]struct{}), owners: make(map[string]*owner), leaving: make(map[*owner]struct{}),
		pace: newPace(o.Clock, runtime.GOMAXPROCS(0)),
	}
	s.strangers.pace = s.pace
	s.gone = sync.NewCond(&s.mu)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeps = o.Clock.AfterFunc(sweepEvery, s.sweep)
	return s
}

// RegisterKind has a feature handle a kind of frames, from wire.FirstFeature on. Call it before the first client connects.
func (s *Server) RegisterKind(kind uint64, handle KindHandler) {
	if kind < wire.FirstFeature || s.kinds[kind] != nil {
		panic(fmt.Sprintf("session: kind %d is reserved or taken", kind))
	}
	s.kinds[kind] = handle
}

// OnClose has f called when a connection is gone, on its reader. Call it before the first client connects.
func (s *Server) OnClose(f func(*Conn)) { s.onClose = append(s.onClose, f) }

// OnAuth has f called when a connection has a new token, on its reader. Call it before the first client connects.
func (s *Server) OnAuth(f func(*Conn)) { s.onAuth = append(s.onAuth, f) }

// OnRefuse has f called when the server sends a connection away for good: what the client may no longer have ends now, and not when it has closed. It
// may be called on any goroutine, and must not block. Call it before the first client connects.
func (s *Server) OnRefuse(f func(*Conn)) { s.onRefuse = append(s.onRefuse, f) }

// Notify gives a value, one CBOR item that nobody changes any more, to sessions of a CA. The pattern names them: "phone" or "*" are
// sessions of the CA's own owner, "bob/phone", "bob/*" and "*/*" those of others. It never blocks, and it is no error if there is none.
func (s *Server) Notify(ca name.Name, pattern string, value []byte) {
	s.registry.notify(ca, pattern, value)
}

// Recheck verifies the tokens of an owner's connections again, and ends those that are no longer good: call it when tokens are revoked.
func (s *Server) Recheck(owner string) {
	s.mu.Lock()
	conns := s.ofOwner(owner)
	s.mu.Unlock()
	for _, c := range conns {
		if !c.Good() {
			c.refuse(errExpired)
		}
	}
}

// Stats are what a Server holds right now.
type Stats struct {
	Conns    int // connections, those before hello included
	Sessions int // sessions, those that are away included
	Queued   int // bytes waiting to be written
	Notes    int // bytes of notes kept
}

// Stats counts. It visits every connection and session.
func (s *Server) Stats() (st Stats) {
	conns := s.all()
	st.Conns = len(conns)
	for _, c := range conns {
		st.Queued += c.out.size()
	}
	st.Sessions, st.Notes = s.registry.count()
	return st
}

// Close ends all connections without a word, and waits for their goroutines. Drain is the polite way, before it.
func (s *Server) Close() {
	s.draining.Store(true)
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.pace.stopped)
	}
	s.sweeps.Stop()
	s.mu.Unlock()
	for _, c := range s.all() {
		c.out.gate.Close()
	}
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	s.readers.Wait()
	s.flush.done.Wait()
	s.mu.Lock()
	r := s.reactor
	s.mu.Unlock()
	if r != nil {
		r.close()
	}
}

func (s *Server) micros() int64 { return clock.Micros(s.opt.Clock.Now()) }

func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.conns))
}

// add takes a connection in, and counts its reader.
func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	s.readers.Add(1)
	return true
}

func (s *Server) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns) >= s.opt.MaxConns
}
