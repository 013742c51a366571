package turn

import (
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// member is one that has relays.
type member struct {
	relays map[*relay]struct{}
	bucket *bucket
}

// bucket holds the bytes that may flow now. It fills at a rate and holds those of half a second.
type bucket struct {
	clock clock.Clock
	rate  float64 // bytes a second

	mu   sync.Mutex
	has  float64
	last time.Time
}

func newBucket(bitsPerSecond int64, c clock.Clock) *bucket {
	rate := float64(bitsPerSecond) / 8
	return &bucket{clock: c, rate: rate, has: rate / 2, last: c.Now()}
}

// take takes n bytes, or none if there are fewer.
func (b *bucket) take(n int) bool {
	now := b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed := now.Sub(b.last); passed > 0 {
		b.has = min(b.rate/2, b.has+b.rate*passed.Seconds())
		b.last = now
	}
	if b.has < float64(n) {
		return false
	}
	b.has -= float64(n)
	return true
}

// admits tells whether a member may have one relay more.
func (s *Server) admits(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room(id) == nil
}

// room tells why there is no room for one relay more of a member. The caller holds mu.
func (s *Server) room(id string) error {
	m := s.members[id]
	switch {
	case s.closed:
		return errClosed
	case s.relays >= s.opt.Limits.Relays || m != nil && len(m.relays) >= s.opt.Limits.MemberRelays:
		return errFull
	}
	return nil
}

// keep counts a relay that has been opened.
func (s *Server) keep(r *relay) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(r.id); err != nil {
		s.stats.refused.Add(1)
		return err
	}
	m := s.members[r.id]
	if m == nil {
		m = &member{relays: map[*relay]struct{}{}, bucket: newBucket(s.opt.Limits.MemberRate, s.opt.Clock)}
		s.members[r.id] = m
	}
	m.relays[r] = struct{}{}
	r.bucket = m.bucket
	s.relays++
	s.open.Add(1)
	s.stats.opened.Add(1)
	return nil
}

// forget counts a relay that has been closed.
func (s *Server) forget(r *relay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[r.id]
	delete(m.relays, r)
	if len(m.relays) == 0 {
		delete(s.members, r.id)
	}
	s.relays--
	s.open.Done()
}
