package bundle

// EventKind says what an Event asks or tells.
type EventKind uint8

// The kinds of events.
const (
	Run EventKind = iota + 1 // run Command, then tell Ran
	End                      // the bundle has come to its end: Outcome
)

// Event is something that the driver should do or pass on. Fields that a kind doesn't name are zero.
type Event struct {
	Kind EventKind
	ID   string // of the bundle

	// Run: the command to run. End: the one that the outcome is about: the last that ran, the one that failed, was missed or is not known; nothing
	// but zeros if there is none.
	Command Command
	N       int   // Run: which one it is; those of the recovery count on from those of the bundle
	Due     int64 // when it was to run

	Recovery bool // Run: it is of the recovery

	Outcome Outcome
	Ran     int64  // End: when the command ran; 0 if it did not
	Bound   int64  // End: by how much the clock could be wrong
	Err     string // End: what is to be said of it, in people's words

	Method string // of a bundle with a moment: how that was found, Deadline if it was not; empty if the bundle has not started
	Off    int64  // by how much the moment's frame was before the start, as far as it is known
}

// Outcome is what became of a bundle.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"     // all that was to run has run
	Late     Outcome = "late"     // dropped, for its time was missed
	Replaced Outcome = "replaced" // another bundle took over
	Expired  Outcome = "expired"  // it came too late to start at all
	Refused  Outcome = "refused"  // the device's clock is not good enough for it, or too many bundles wait
	Failed   Outcome = "failed"   // a command's handler failed
	Unknown  Outcome = "unknown"  // the device has no such command
)

// Next takes the next event; ok is false when there is none.
func (s *Scheduler) Next() (e Event, ok bool) {
	if len(s.events) == 0 {
		return Event{}, false
	}
	e = s.events[0]
	s.events[0] = Event{}
	if s.events = s.events[1:]; len(s.events) == 0 {
		s.events = nil
	}
	return e, true
}

func (s *Scheduler) emit(e Event) { s.events = append(s.events, e) }
