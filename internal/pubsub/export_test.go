package pubsub

import "github.com/wabgo/wab/internal/name"

// Busy tells whether the Hub itself is at work: it finds out who follows a topic, rouses them, or brings messages to clients.
func (h *Hub) Busy() bool {
	return h.count(func(f *feed) bool { return f.gathering || f.pumping || f.casting || f.seeking }) > 0
}

// Postponed is how many listeners wait for another look at what policy, or the store, couldn't tell.
func (h *Hub) Postponed() (n int) {
	h.count(func(f *feed) bool { n += len(f.open); return true })
	return n
}

// Sweep drops what nobody has used since the last one.
func (h *Hub) Sweep() {
	h.mu.Lock()
	h.sweeps.Stop()
	h.mu.Unlock()
	h.sweep()
}

// count counts topics.
func (h *Hub) count(which func(*feed) bool) (n int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, f := range h.feeds {
		f.mu.Lock()
		if which(f) {
			n++
		}
		f.mu.Unlock()
	}
	return n
}

// Last is the newest message that a topic shows.
func (h *Hub) Last(topic name.Name) uint64 {
	f := h.feed(topic)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}
