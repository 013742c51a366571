package pubsub

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store"
)

// Judge decides from a CA's durable rules, out of its turn, whether a caller may read a topic of it, or publish to a handler. It is bus.Gate.Standing.
type Judge func(ca, caller name.Name, item string, waiting bus.Reader) policy.Decision

// Options are what a Hub is made of.
type Options struct {
	Store store.Store
	Judge Judge
	Clock clock.Clock
	Log   *slog.Logger
	// IdleAfter is how long a topic that nobody uses stays in memory at least, a minute by default.
	IdleAfter time.Duration
	// MaxOwnerListeners is how many topics an owner's connections follow together, 10,000 by default.
	MaxOwnerListeners int
	// MaxRecent is how many bytes of the newest messages all topics keep in memory together, 256 MiB by default; beyond, they are read from the store.
	MaxRecent int64
}

// Hub holds the topics of this process that are in use, and brings their messages to those who follow them.
type Hub struct {
	opt      Options
	runtime  *actor.Runtime
	attached chan struct{} // closed once runtime is set
	ends     chan struct{} // closed by Close
	ids      atomic.Uint64 // of topics
	held     atomic.Int64  // bytes of messages in memory
	house    house

	mu     sync.RWMutex
	feeds  map[name.Name]*feed
	sweeps clock.Timer

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
	if o.MaxOwnerListeners == 0 {
		o.MaxOwnerListeners = 10_000
	}
	if o.MaxRecent == 0 {
		o.MaxRecent = 256 << 20
	}
	h := &Hub{opt: o, attached: make(chan struct{}), ends: make(chan struct{}), feeds: map[name.Name]*feed{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweeps = o.Clock.AfterFunc(o.IdleAfter, h.sweep)
	return h
}

// Attach tells the Hub whose CAs it rouses. Until then it waits: the runtime may have begun already.
func (h *Hub) Attach(rt *actor.Runtime) {
	h.runtime = rt
	close(h.attached)
}

// rouses tells whether there are CAs to rouse, once that is known.
func (h *Hub) rouses() bool {
	select {
	case <-h.attached:
		return true
	case <-h.ends:
		return false
	}
}

// Close ends what the Hub does by itself, and waits for it. Sessions are to be closed before.
func (h *Hub) Close() {
	h.workMu.Lock()
	h.closed = true
	h.workMu.Unlock()
	close(h.ends)
	h.mu.Lock()
	h.sweeps.Stop()
	h.mu.Unlock()
	h.work.Wait()
}

// spawn runs f on a goroutine that Close waits for. It tells whether it does.
func (h *Hub) spawn(f func()) bool {
	h.workMu.Lock()
	defer h.workMu.Unlock()
	if !h.closed {
		h.work.Go(f)
	}
	return !h.closed
}

func (h *Hub) now() int64 { return clock.Micros(h.opt.Clock.Now()) }

// feed finds or makes the place of a topic. Once it has been shown something (with) it stays for IdleAfter at least; before that, while somebody stands by it.
func (h *Hub) feed(topic name.Name) *feed {
	h.mu.RLock()
	f := h.feeds[topic]
	if f != nil {
		f.use() // with mu held: a sweep must not come in between
	}
	h.mu.RUnlock()
	if f != nil {
		return f
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f = h.feeds[topic]; f == nil {
		f = &feed{hub: h, name: topic, key: topic.String(), id: h.ids.Add(1)}
		h.feeds[topic] = f
	}
	f.use()
	return f
}

// with shows a topic's feed what has become durable. It is the one that everybody has meanwhile, and stays so for a while.
func (h *Hub) with(topic name.Name, show func(*feed)) {
	for {
		f := h.feed(topic)
		h.mu.RLock()
		same := h.feeds[topic] == f
		if same {
			show(f)
		}
		h.mu.RUnlock()
		if same {
			return
		}
	}
}

// letGo drops a feed at once by which nobody stands and that has nothing but what the store has, too: whoever opens topics in a loop leaves nothing behind.
func (h *Hub) letGo(f *feed) {
	if !f.bare() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feeds[f.name] == f && f.bare() {
		delete(h.feeds, f.name)
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
	for topic, f := range h.feeds {
		if f.idle() {
			f.mu.Lock()
			f.forgetRecent()
			f.mu.Unlock()
			delete(h.feeds, topic)
		}
	}
	h.sweeps = h.opt.Clock.AfterFunc(h.opt.IdleAfter, h.sweep)
}

// Stats are what a Hub holds right now.
type Stats struct {
	Topics, Messages, Bytes int
	Followers               int // CAs
	Behind                  int // of them, those that have not handled all
	Listeners               int // subscriptions of clients
}

// Stats counts.
func (h *Hub) Stats() (s Stats) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s.Topics = len(h.feeds)
	for _, f := range h.feeds {
		f.mu.Lock()
		s.Messages += len(f.recent)
		s.Bytes += f.bytes
		s.Followers += len(f.followers)
		s.Listeners += len(f.listeners)
		for _, c := range f.followers {
			if c.at < f.last {
				s.Behind++
			}
		}
		f.mu.Unlock()
	}
	return s
}
