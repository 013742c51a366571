package bundle

// Scheduler runs the bundles of one device, as a state machine without I/O. The zero value is ready.
//
// A driver calls it from one goroutine at a time. After each input it drains Next; it runs the command of a Run and tells Ran, and calls
// Tick at Wake. Instants are µs since 1970 by the server's clock, as the driver's own estimates it at the moment: the driver asks its clock
// anew each time, and when it has been corrected, asks Wake again.
type Scheduler struct {
	Knows func(command string) bool // tells which commands the device has; nil: all

	events     []Event
	known      map[string]bool
	over       []string    // ids of those that are known and have come to their end, the oldest first
	waiting    []*sequence // in the order of their starts; of equal ones, in that of their arrival
	running    *sequence
	beside     *sequence   // runs beside them, without a pause
	recoveries []*sequence // the first one runs, and hurries if there are others
	busy       *sequence   // waits for Ran
	last       int64       // start of the bundle that was to start last, of those that have started
	bound      int64       // as of the last Tick
}

// MaxWaiting is how many bundles wait for their starts. MaxKnown is how many ids are remembered of those that have come to their end.
const (
	MaxWaiting = 256
	MaxKnown   = 1000
)

// Add hands in a bundle that has arrived. One whose id is known is ignored; ok tells whether it was not. The bundle is kept, and must not be
// changed.
func (s *Scheduler) Add(now int64, b *Bundle) (ok bool) {
	if s.known[b.ID] {
		return false
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[b.ID] = true
	w := newSequence(b, now)
	unknown := s.unknown(b)
	switch {
	case unknown != nil:
		s.end(b, Event{Outcome: Unknown, Command: *unknown, Err: "The device has no command " + unknown.Name + "."})
	case len(s.waiting) == MaxWaiting:
		s.end(b, w.aboutNext(Refused, "Too many bundles wait on the device."))
	default:
		s.enqueue(w)
	}
	return true
}

// Moment tells that a moment has come, or had already come; how that was found; and by how much its frame was before now (µs). What waits for it starts with
// the next Tick, unless its deadline has passed.
func (s *Scheduler) Moment(now int64, m Moment, method string, off int64) {
	for i, w := range s.waiting {
		if w.start > now && !w.relative && w.bundle.Moment.Is(m) {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			w.meet(now, method, off)
			s.enqueue(w) // not behind i
		}
	}
}

// remember keeps the id of what is over, in the place of the oldest one. What still waits is known anyway, however long it does.
func (s *Scheduler) remember(id string) {
	if len(s.over) == MaxKnown {
		delete(s.known, s.over[0])
		s.over = append(s.over[:0], s.over[1:]...)
	}
	s.over = append(s.over, id)
}

// unknown is the first command that the device does not have.
func (s *Scheduler) unknown(b *Bundle) *Command {
	if s.Knows == nil {
		return nil
	}
	for _, list := range [][]Command{b.Commands, b.Recovery} {
		for i := range list {
			if !s.Knows(list[i].Name) {
				return &list[i]
			}
		}
	}
	return nil
}

func (s *Scheduler) enqueue(w *sequence) {
	i := len(s.waiting)
	for i > 0 && s.waiting[i-1].start > w.start {
		i--
	}
	s.waiting = append(s.waiting, nil)
	copy(s.waiting[i+1:], s.waiting[i:])
	s.waiting[i] = w
}

// Wake is the instant at which Tick has something to do; it may be past. 0: only an input can change anything.
func (s *Scheduler) Wake() int64 {
	wake := int64(0)
	if s.busy != nil {
		return wake
	}
	if len(s.waiting) > 0 {
		wake = s.waiting[0].start
	}
	for _, q := range []*sequence{s.running, s.recovery(), s.beside} {
		if q != nil && (wake == 0 || q.due < wake) {
			wake = q.due
		}
	}
	return wake
}

// recovery is the one that runs.
func (s *Scheduler) recovery() *sequence {
	if len(s.recoveries) == 0 {
		return nil
	}
	return s.recoveries[0]
}

// Ran tells that a command has run, at an instant, and how: failure is empty if it did not fail. Tick comes next.
func (s *Scheduler) Ran(id string, n int, at int64, failure string) {
	q := s.busy
	if q == nil || q.bundle.ID != id || q.number() != n {
		return
	}
	s.busy = nil
	if failure != "" && !q.recovers {
		e := q.aboutNext(Failed, failure)
		e.Ran = at
		s.stop(q, e)
		s.recover(q.bundle, at)
		return
	}
	q.advance(at)
	s.conclude(q)
}

// conclude ends what is over.
func (s *Scheduler) conclude(q *sequence) {
	switch {
	case !q.over():
	case q.recovers:
		s.recoveries = s.recoveries[1:]
	case q.missed == 0:
		s.stop(q, q.aboutLast(Done, ""))
	default:
		s.stop(q, q.aboutLast(Done, "Some commands were too late, and were left out."))
	}
}

// stop ends a bundle that runs.
func (s *Scheduler) stop(q *sequence, e Event) {
	if q == s.beside {
		s.beside = nil
	} else {
		s.running = nil
	}
	s.end(q.bundle, e)
}

func (s *Scheduler) end(b *Bundle, e Event) {
	e.Kind, e.ID, e.Bound = End, b.ID, s.bound
	s.emit(e)
	s.remember(b.ID)
}

// recover begins a bundle's recovery.
func (s *Scheduler) recover(b *Bundle, now int64) {
	if len(b.Recovery) > 0 {
		s.recoveries = append(s.recoveries, newRecovery(b, now))
	}
}
