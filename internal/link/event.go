package link

import "github.com/wabgo/wab/internal/wire"

// EventKind says what an Event asks or tells.
type EventKind uint8

// The kinds of events: the first three ask the driver for something, the others tell the application.
const (
	Dial   EventKind = iota + 1 // open a socket: answer with Connected or Disconnected for Conn
	HangUp                      // close the socket Conn; nothing it still brings is wanted
	Send                        // send the frame Data on the socket Conn
	Token                       // a fresh token is wanted: answer with SetToken or NoToken

	Changed // the state changed; see State
	Answer  // request Req on Ch is answered: Data is its result, or Err says why not
	Note    // a notification on Ch: Data, Seq, Dropped
	Opened  // Ch is open; Resumed false after the first time means that notes may be lost
	Closed  // Ch is closed for good by the server, Err says why
	Frame   // a frame of a feature (kind ≥ wire.FirstFeature): Data
	Sample  // a ping was answered: Instants
)

// Event is something that the driver should do or pass on. Fields that a kind doesn't name are zero.
type Event struct {
	Kind    EventKind
	Conn    uint64
	Ch      uint32
	Req     uint64
	Seq     uint64
	Dropped uint64
	Resumed bool
	First   bool // Opened: for the first time
	Data    []byte
	Err     *wire.Error
	State   State

	Instants Instants
}

// Next takes the next event; ok is false when there is none.
func (l *Link) Next() (e Event, ok bool) {
	if l.head == len(l.events) {
		l.events, l.head = l.events[:0], 0
		return Event{}, false
	}
	e = l.events[l.head]
	l.events[l.head] = Event{}
	l.head++
	return e, true
}

func (l *Link) emit(e Event) { l.events = append(l.events, e) }

func (l *Link) send(frame []byte) { l.emit(Event{Kind: Send, Conn: l.conn, Data: frame}) }
