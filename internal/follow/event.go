package follow

import "github.com/wabgo/wab/internal/wire"

// State is what can be said of a subscription.
type State uint8

// The states of a subscription.
const (
	Opening State = iota // the server has not answered yet
	Live                 // messages come as they are published
	Stale                // it has been live, and will go on from where it is
	Ended                // refused or revoked: the subscription's number means nothing any more
)

func (s State) String() string { return [...]string{"opening", "live", "stale", "ended"}[s] }

// Kind says what an Event asks or tells.
type Kind uint8

// The kinds of events: the first asks the driver for something, the others tell.
const (
	Send     Kind = iota + 1 // send the frame Data
	Opened                   // it is live, and goes on behind Offset. See Reader.Opened
	Messages                 // Data is a CBOR array of messages up to Offset. See Reader.Read
	Turned                   // State, which is not Live, with Err if something is in the way
)

// Event is something that the driver should do or pass on. Fields that a kind doesn't name are zero. Data may alias the frame that was received.
type Event struct {
	Kind          Kind
	Sub           uint32
	State         State
	Err           *wire.Error
	Data          []byte
	Epoch, Offset uint64
	Before        uint64 // Opened: in which epoch the subscription was before
	Gap           bool   // Opened: messages were lost just before
	Missed        uint64 // Opened: how many, as far as known
}

// Next takes the next event; ok is false when there is none.
func (t *Topics) Next() (e Event, ok bool) {
	if t.head == len(t.events) {
		t.events, t.head = t.events[:0], 0
		return Event{}, false
	}
	e = t.events[t.head]
	t.events[t.head] = Event{}
	t.head++
	return e, true
}

// emit adds an event, for the caller to fill in before the next one.
func (t *Topics) emit(kind Kind, sub uint32, data []byte) *Event {
	t.events = append(t.events, Event{Kind: kind, Sub: sub, Data: data})
	return &t.events[len(t.events)-1]
}
