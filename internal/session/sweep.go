package session

import (
	"time"

	"github.com/wabgo/wab/internal/wire"
)

const (
	sweepEvery   = time.Second
	hastyEvery   = time.Second / 4 // while the server drains
	lingerMicros = 5_000_000       // how long a client may take to close after bye
)

// sweep looks at every connection once a second, or more often while the server drains: one timer for all, so that an idle connection has none.
func (s *Server) sweep() {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	now := s.micros()
	for _, c := range s.all() {
		s.sweepConn(c, now)
	}
	s.registry.forget(now)
	s.forgetOwners()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	every := sweepEvery
	if s.draining.Load() {
		every = hastyEvery
	}
	s.sweeps = s.opt.Clock.AfterFunc(every, s.sweep)
}

// hasten has the next sweep come soon.
func (s *Server) hasten() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && s.sweeps.Stop() { // else one is under way, and sees to the next
		s.sweeps = s.opt.Clock.AfterFunc(hastyEvery, s.sweep)
	}
}

func (s *Server) sweepConn(c *Conn, now int64) {
	id, ending := c.id.Load(), c.ending.Load()
	switch {
	case s.draining.Load() && c.flying.Load() == 0:
		s.drained(c) // if it has not been: it may have come late
		left, taken := c.out.left()
		if c.out.vigil.Over(left, taken, now, s.opt.DrainPatience.Microseconds()) {
			c.out.gate.Close()
		}
	case ending != 0:
		if now-ending > lingerMicros {
			c.out.gate.Close()
		}
	case c.out.stuck(now, s.opt.WriteWithin.Microseconds()):
		c.out.gate.Close()
	case id == nil && now-c.born >= s.opt.HelloWithin.Microseconds():
		c.refuse(wire.Err(wire.BadRequest, "No hello came in time."))
	case id != nil && id.scope.Expires != 0 && now >= id.scope.Expires:
		c.refuse(errExpired)
	case !c.waits.Load() && now-c.heard.Load() >= s.opt.DeadAfter.Microseconds():
		c.bye(wire.Bye{Code: wire.Unavailable, Message: "Nothing was heard from you for too long."}, wire.CloseNormal, false)
	}
}

// count visits every session.
func (r *registry) count() (sessions, bytes int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, m := range r.cas {
		sessions += len(m)
		for _, s := range m {
			s.mu.Lock()
			bytes += s.ring.bytes
			s.mu.Unlock()
		}
	}
	return sessions, bytes
}
