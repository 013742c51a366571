package dial

import "github.com/wabgo/wab/internal/wire"

// State is what can be said of a call.
type State uint8

// The states of a call.
const (
	Opening State = iota // the server has not answered yet
	Live                 // what is said arrives
	Stale                // it has been live, and will come back
	Ended                // refused, or over: the call's number means nothing any more
)

func (s State) String() string { return [...]string{"opening", "live", "stale", "ended"}[s] }

// Kind says what an Event asks or tells.
type Kind uint8

// The kinds of events: the first asks the driver for something, the others tell.
const (
	Send   Kind = iota + 1 // send the frame Data
	Opened                 // it is live: we are Member in the room, and Data is what the room tells us
	Signal                 // the room says Data
	Turned                 // State, which is not Live, with Err if something is in the way
)

// Event is something that the driver should do or pass on. Fields that a kind doesn't name are zero. Data may alias the frame that was received.
type Event struct {
	Kind    Kind
	Call    uint32
	State   State
	Err     *wire.Error
	Data    []byte
	Member  string
	Resumed bool // Opened: as the member that we were before
}

// Next takes the next event; ok is false when there is none.
func (c *Calls) Next() (e Event, ok bool) {
	if c.head == len(c.events) {
		c.events, c.head = c.events[:0], 0
		return Event{}, false
	}
	e = c.events[c.head]
	c.events[c.head] = Event{}
	c.head++
	return e, true
}

func (c *Calls) emit(e Event) { c.events = append(c.events, e) }

func (c *Calls) send(frame []byte) { c.emit(Event{Kind: Send, Data: frame}) }
