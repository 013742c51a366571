package actor

import (
	"slices"
	"sync"
)

// shedder makes room where too many activations wait for their idle time to pass: those that have had no work for longest leave before.
type shedder struct {
	rt     *Runtime
	runs   sync.WaitGroup
	mu     sync.Mutex
	closed bool
	busy   bool
	next   int // how many activations begin the next round
}

// crowded is told how many activations there are.
func (s *shedder) crowded(n int) {
	if n <= s.rt.maxActive {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.busy || n <= s.next {
		return
	}
	s.busy = true
	s.runs.Go(s.shed)
}

// again looks whether there is room now: what could not leave before may be done, and nobody else come.
func (s *shedder) again() {
	s.mu.Lock()
	s.next = 0
	s.mu.Unlock()
	s.crowded(s.rt.table.len())
}

func (s *shedder) stop() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.runs.Wait()
}

// step is how much room is made at a time: to go over all activations is so paid for by many that are made.
func (s *shedder) step() int { return s.rt.maxActive / 8 }

// shed drops activations until there is room, or most of those that are too many can't leave.
func (s *shedder) shed() {
	for {
		were, gone := s.makeRoom()
		if gone <= s.step()/2 && s.rest(were-gone) {
			return
		}
	}
}

// makeRoom drops those longest idle if there are too many. It returns how many there were, and how many of them went.
func (s *shedder) makeRoom() (were, gone int) {
	var all []int64
	s.rt.table.each(func(c *CA) { all = append(all, c.workedAt()) })
	over := len(all) - s.rt.maxActive
	if over <= 0 {
		return len(all), 0
	}
	slices.Sort(all)
	return len(all), s.rt.drop(all[min(over+s.step(), len(all))-1])
}

func (c *CA) workedAt() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastWork
}

// rest ends the round that has left so many, unless there are more again. Those that can't leave yet, for they have something to write, are not looked at
// again for each one that comes.
func (s *shedder) rest(left int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = s.rt.maxActive
	if left > s.rt.maxActive {
		s.next = left + s.step()
	}
	s.busy = !s.closed && s.rt.table.len() > s.next
	return !s.busy
}
