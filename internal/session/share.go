package session

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// What the readers of one owner may use of the processors, all connections together.
const (
	readersPart = 4                     // a quarter of their time,
	readersSave = 20 * time.Millisecond // of which so much may be saved up,
	mostSlice   = time.Millisecond      // and one read counts as that at most: beyond it, the machine did something else
	mostDebt    = 5 * time.Second       // more is not counted: the readers of many connections may be past their wait at once
	putBack     = 2 * mostDebt          // where this seems to be owed, the clock was put back
)

// What is behind the readers has queues, too, in which others wait behind a flood: so many of an owner's requests may be unanswered for each processor, and each that comes beyond that
// counts as so much reading. That is about what a request costs in all, and a flood keeps its rate with as many in flight.
const (
	fairFlight = 128
	crowdCost  = 20 * time.Microsecond
)

// callWeight is as how many requests of sessions an HTTP call counts, with the one that it makes: that is how much more work it is than one of many that come together.
const callWeight = 16

// A share is an owner's part of the time in which the server reads. Who uses less than its part never notices: a read costs an atomic addition. Of an owner
// that has used more, one connection is read at a time, each when the one before it is paid for, in the order in which they came; what the
// others send stays in their sockets, and fills them. The zero value, with a pace, is ready.
type share struct {
	*pace
	paid   atomic.Int64 // until when, in the pace's time, what was read is paid for
	flying atomic.Int64 // requests that are not answered; an HTTP call in progress counts as callWeight of them

	mu    sync.Mutex
	conns queue[waiter]
	calls queue[waiter]
	since int  // calls that have had their turn since a connection had
	led   bool // somebody has the turn, or a timer brings it
}

// callsFirst is how many HTTP calls have their turn for each connection that waits: a turn of theirs is short, and a connection's may be 16 KiB.
const callsFirst = 8

// A pace is what all shares of a server have in common.
type pace struct {
	clock   clock.Clock
	start   time.Time // instants are told from here, when nobody had used anything yet: the real clock never goes back then
	procs   int64
	stopped chan struct{} // closed when nobody waits any longer
}

func newPace(c clock.Clock, procs int) *pace {
	return &pace{clock: c, start: c.Now().Add(-readersSave), procs: int64(procs), stopped: make(chan struct{})}
}

func (p *pace) at(now time.Time) int64 { return int64(now.Sub(p.start)) }

// launch notes that requests are on their way to the bus, and tells what that costs beside the time it takes to read them.
func (s *share) launch(n int64) (cost time.Duration) {
	if s.flying.Add(n) > fairFlight*s.procs {
		return time.Duration(n) * crowdCost
	}
	return 0
}

// land notes that requests were answered.
func (s *share) land(n int64) { s.flying.Add(-n) }

// call launches an HTTP call, which waits for a turn where one is due. It reports false when the server stops.
func (s *share) call() bool {
	waits := s.debt(s.clock.Now()) > 0
	if waits && !s.await(&s.calls) {
		return false
	}
	s.book(callWeight - 1)
	if waits {
		s.pass()
	}
	return true
}

// book launches what nobody reads, and charges for it at once.
func (s *share) book(n int64) {
	now := s.clock.Now()
	s.charge(now, now, s.launch(n))
}

// charge books the time that a read has taken, and what else it has cost.
func (s *share) charge(from, to time.Time, more time.Duration) {
	cost := int64(min(to.Sub(from), mostSlice)+more) * readersPart / s.procs
	now := s.at(to)
	for {
		was := s.paid.Load()
		paid := was
		if was < now-int64(readersSave) || was > now+int64(putBack) {
			paid = now - int64(readersSave)
		}
		if s.paid.CompareAndSwap(was, min(paid+cost, now+int64(mostDebt))) {
			return
		}
	}
}

// debt is how long it takes until all that was read is paid for; not positive if it is.
func (s *share) debt(now time.Time) time.Duration {
	d := time.Duration(s.paid.Load() - s.at(now))
	if d > putBack {
		return 0
	}
	return d
}

// fresh tells whether nothing would change if another share took the place of this one, which nobody uses.
func (s *share) fresh(now time.Time) bool {
	return s.flying.Load() == 0 && s.debt(now) <= -readersSave
}

// A waiter is a reader that waits for its turn.
type waiter interface {
	// admit gives it the turn of a share, whose mu is held. It reports false if it does not wait any more.
	admit(*share) bool
}

// turnChan is closed when it is the turn of a goroutine that waits.
type turnChan chan struct{}

func (t turnChan) admit(*share) bool {
	close(t)
	return true
}

// await returns true when it is the reader's turn, which pass ends, and false when the server stops.
func (s *share) await(line *queue[waiter]) bool {
	turn := make(turnChan)
	s.join(line, turn)
	select {
	case <-turn:
		return true
	case <-s.stopped:
		return false
	}
}

// join puts somebody at the end of a line.
func (s *share) join(line *queue[waiter], w waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line.push(w)
	if !s.led {
		s.led = true
		s.lead()
	}
}

// pass ends a turn.
func (s *share) pass() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lead()
}

// lead brings the next turn. It is called with mu held, and led set.
func (s *share) lead() {
	if s.conns.len()+s.calls.len() == 0 {
		s.rest()
	} else if d := s.debt(s.clock.Now()); d > 0 {
		s.clock.AfterFunc(d, s.next)
	} else {
		s.admit()
	}
}

// next gives the first one its turn.
func (s *share) next() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admit()
}

// admit is called with mu held, and led set.
func (s *share) admit() {
	for {
		first, ok := s.first()
		if !ok {
			s.rest()
			return
		}
		if first.admit(s) {
			return
		}
	}
}

// rest is called with mu held, when nobody waits.
func (s *share) rest() { s.conns, s.calls, s.since, s.led = queue[waiter]{}, queue[waiter]{}, 0, false }

// first takes the one whose turn is next out of its line. It is called with mu held.
func (s *share) first() (w waiter, ok bool) {
	if s.since < callsFirst || s.conns.len() == 0 {
		if w, ok = s.calls.pop(); ok {
			s.since++
			return w, true
		}
	}
	s.since = 0
	return s.conns.pop()
}
