package actor

import (
	"context"
	"runtime"
	"sync"
)

// scheduler hands out turns. Each owner with runnable CAs has one place in the ring, however many CAs it has and messages they hold.
type scheduler struct {
	mu     sync.Mutex
	ready  sync.Cond
	owners map[string]*turns
	head   *turns // the owner whose turn is next
	tail   *turns
	spare  *turns // done with, to be used again
	closed bool

	workers map[*worker]struct{}
	base    int // workers that run at a time
	idle    int
	waking  bool // an idle worker has been told of work, and has not looked yet
	blocked int  // workers inside a method for long, each replaced by another
	pushed  int  // turns that were asked for so far
}

// turns is one owner's runnable CAs, first come, first served.
type turns struct {
	owner      string
	head, tail *CA
	next       *turns
}

func newScheduler(base int) *scheduler {
	s := &scheduler{owners: map[string]*turns{}, workers: map[*worker]struct{}{}, base: base}
	s.ready.L = &s.mu
	return s
}

// push queues a CA for a turn. The caller has marked it queued.
func (s *scheduler) push(c *CA) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pushed++
	t := s.owners[c.name.Owner]
	if t == nil {
		t = s.newTurns(c.name.Owner)
	}
	if t.tail == nil {
		t.head = c
	} else {
		t.tail.nextTurn = c
	}
	t.tail = c
	s.wake()
}

// wake tells one idle worker that there is work, unless one is on its way already: that one tells the next. A burst of messages so wakes
// as many workers as it takes, and not a processor for each message. It is called with mu held.
func (s *scheduler) wake() {
	if s.head != nil && s.idle > 0 && !s.waking {
		s.waking = true
		s.ready.Signal()
	}
}

// sleep waits for work. Whoever else can run goes first then: a burst has arrived as a whole when its first turn begins. It is called with mu held.
func (s *scheduler) sleep() {
	s.idle++
	s.ready.Wait()
	s.idle--
	s.mu.Unlock()
	runtime.Gosched()
	s.mu.Lock()
	s.waking = false
}

func (s *scheduler) newTurns(owner string) *turns {
	t := s.spare
	if t == nil {
		t = &turns{}
	}
	s.spare = t.next
	*t = turns{owner: owner}
	s.owners[owner] = t
	s.enlist(t)
	return t
}

func (s *scheduler) enlist(t *turns) {
	if s.tail == nil {
		s.head = t
	} else {
		s.tail.next = t
	}
	s.tail = t
}

// pop waits for a CA with work. It returns nil when this worker is to end.
func (s *scheduler) pop(w *worker) *CA {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wake()
	w.unblock(s)
	for s.closed || s.head == nil || s.surplus() {
		if s.closed || s.surplus() {
			delete(s.workers, w)
			return nil
		}
		s.sleep()
	}
	return s.take()
}

// take is the CA whose turn is next. It is called with mu held, while there is one.
func (s *scheduler) take() *CA {
	t := s.head
	if s.head = t.next; s.head == nil {
		s.tail = nil
	}
	t.next = nil
	c := t.head
	if t.head = c.nextTurn; t.head == nil {
		delete(s.owners, t.owner)
		*t = turns{next: s.spare}
		s.spare = t
	} else {
		s.enlist(t)
	}
	c.nextTurn = nil
	return c
}

func (s *scheduler) surplus() bool { return len(s.workers)-s.blocked > s.base }

// hire starts a worker. Call with mu held.
func (s *scheduler) hire(rt *Runtime) {
	w := &worker{rt: rt}
	s.workers[w] = struct{}{}
	go w.work()
}

// replace starts a worker in place of one whose goroutine ends.
func (s *scheduler) replace(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.unblock(s)
	delete(s.workers, w)
	if !s.closed {
		s.hire(w.rt)
	}
}

func (s *scheduler) start(rt *Runtime) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range s.base {
		s.hire(rt)
	}
}

// count is how many turns were asked for so far.
func (s *scheduler) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushed
}

// stop ends the workers after their turns. One that is inside a method is not waited for: it may be stuck.
func (s *scheduler) stop() {
	s.mu.Lock()
	s.closed = true
	s.ready.Broadcast()
	s.mu.Unlock()
	_ = until(context.Background(), s.stopped)
}

func (s *scheduler) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.workers {
		if w.current.Load() == nil {
			return false
		}
	}
	return true
}
