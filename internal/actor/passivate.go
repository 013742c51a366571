package actor

import (
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// sweeper drops the activations that have been idle for long.
type sweeper struct {
	rt     *Runtime
	mu     sync.Mutex
	timer  clock.Timer
	closed bool
}

func (s *sweeper) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.timer = s.rt.clock.AfterFunc(max(s.rt.idle/2, time.Millisecond), s.sweep)
	}
}

func (s *sweeper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

func (s *sweeper) sweep() {
	s.rt.drop(s.rt.now() - s.rt.idle.Microseconds())
	s.rt.shedder.again()
	s.start()
}

// drop takes the activations out of memory that have done nothing since an instant, and counts them.
func (rt *Runtime) drop(before int64) (gone int) {
	rt.table.each(func(c *CA) {
		if c.passivate(before) {
			rt.table.remove(c)
			gone++
		}
	})
	return gone
}

// passivate marks an activation as gone if it has done nothing since an instant and nothing keeps it. Its parts may be looked at: nobody has the turn.
func (c *CA) passivate(before int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || c.phase != resting || c.lastWork > before || c.pending != nil || c.inflight != nil || c.ready() || c.stuck > 0 {
		return false
	}
	if !c.partsIdle() {
		return false
	}
	c.gone = true
	return true
}

func (c *CA) partsIdle() bool {
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Idler); ok && !p.Idle() {
			return false
		}
	}
	return true
}

// tendNow has the parts of a CA tended if one of them keeps something back.
func (c *CA) tendNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || !c.loaded || (c.phase == resting && c.partsIdle()) {
		return
	}
	c.wake = true
	c.rouse()
}
