package replica

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/store"
)

// Limits of the server's side; those of a map are package sharedmap's.
const (
	MaxMaps    = 256     // of one CA
	MaxChanges = 100_000 // of entries, in one transaction
	MaxSubs    = 256     // of one connection
)

// Judge decides from a CA's durable rules, out of its turn, whether a caller may read a map of it; waiting is who needs to know. It is bus.Gate.Standing.
type Judge func(ca, caller name.Name, label string, waiting bus.Reader) policy.Decision

// Bus lets clients in: it asks the writer's policy.
type Bus interface{ Request(bus.Request) }

// Options are what a Hub is made of.
type Options struct {
	Store store.Store
	Judge Judge
	Clock clock.Clock
	Log   *slog.Logger
	// IdleAfter is how long maps stay in memory at least that nobody uses, a minute by default.
	IdleAfter time.Duration
}

// Hub holds the maps of this process, and brings their changes to those who read them.
type Hub struct {
	opt Options
	bus Bus
	ids atomic.Uint64 // of maps and subscribers

	mu      sync.RWMutex
	writers map[name.Name]*writer
	clients map[*session.Conn]*client
	sweeps  clock.Timer

	workMu sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// New makes a Hub. Close ends it.
func New(o Options) *Hub {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.IdleAfter == 0 {
		o.IdleAfter = time.Minute
	}
	h := &Hub{opt: o, writers: map[name.Name]*writer{}, clients: map[*session.Conn]*client{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweeps = o.Clock.AfterFunc(o.IdleAfter, h.sweep)
	return h
}

// Close ends what the Hub does by itself, and waits for it. Sessions are to be closed before.
func (h *Hub) Close() {
	h.workMu.Lock()
	h.closed = true
	h.workMu.Unlock()
	h.mu.Lock()
	h.sweeps.Stop()
	h.mu.Unlock()
	h.work.Wait()
}

// spawn runs f on a goroutine that Close waits for.
func (h *Hub) spawn(f func()) {
	h.workMu.Lock()
	defer h.workMu.Unlock()
	if !h.closed {
		h.work.Go(f)
	}
}

func (h *Hub) now() int64 { return clock.Micros(h.opt.Clock.Now()) }

// known is a CA's writer if there is one in memory.
func (h *Hub) known(ca name.Name) *writer {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.writers[ca]
}

// writer finds or makes the place of a CA's maps. It stays for IdleAfter at least.
func (h *Hub) writer(ca name.Name) *writer {
	h.mu.RLock()
	w := h.writers[ca]
	if w != nil {
		w.use() // with mu held: a sweep must not come in between
	}
	h.mu.RUnlock()
	if w != nil {
		return w
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if w = h.writers[ca]; w == nil {
		w = &writer{hub: h, name: ca}
		h.writers[ca] = w
	}
	w.use()
	return w
}

// use notes that somebody has used the maps.
func (w *writer) use() {
	if !w.used.Load() {
		w.used.Store(true)
	}
}

// sweep drops what nobody has used since the last one.
func (h *Hub) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.workMu.Lock()
	closed := h.closed
	h.workMu.Unlock()
	if closed {
		return
	}
	for ca, w := range h.writers {
		if w.idle(h.writers) {
			delete(h.writers, ca)
		}
	}
	h.sweeps = h.opt.Clock.AfterFunc(h.opt.IdleAfter, h.sweep)
}

// Stats are what a Hub holds right now.
type Stats struct{ Writers, Maps, Entries, Bytes, Subscriptions int }

// Stats counts.
func (h *Hub) Stats() (s Stats) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s.Writers = len(h.writers)
	for _, w := range h.writers {
		if v := w.view.Load(); v != nil {
			for _, m := range v.maps {
				s.Maps++
				s.Entries += m.m.Size()
				s.Bytes += m.m.Bytes()
			}
		}
		s.Subscriptions += w.subscriptions()
	}
	return s
}
