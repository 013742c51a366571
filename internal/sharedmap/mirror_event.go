package sharedmap

import "github.com/wabgo/wab/internal/wire"

// MirrorState is what can be said of a mirror's content.
type MirrorState uint8

// The states of a mirror.
const (
	Opening MirrorState = iota // nothing is known of the map yet
	Live                       // the content is the server's
	Stale                      // there is a content, and it may be old
	Ended                      // refused or revoked: the content is erased, and the subscription's number means nothing any more
)

func (s MirrorState) String() string { return [...]string{"opening", "live", "stale", "ended"}[s] }

// MirrorEventKind says what a MirrorEvent asks or tells.
type MirrorEventKind uint8

// The kinds of events: the first asks the driver for something, the others tell the application.
const (
	MirrorSend     MirrorEventKind = iota + 1 // send the frame Data
	MirrorTurned                              // State, with Err if something is wrong. It drops what was put aside, unless it is Live
	MirrorChanged                             // the content changed by the batch Data
	MirrorPresence                            // who is there changed: Data is two CBOR arrays, as in the frame
)

// MirrorEvent is something that the driver should do or pass on. Fields that a kind doesn't name are zero. Data may alias the frame that was
// received.
type MirrorEvent struct {
	Kind  MirrorEventKind
	Sub   uint32
	State MirrorState
	Err   *wire.Error
	Data  []byte

	Reset bool // Changed: the content begins anew; Presence: forget everybody first
	Part  bool // Changed: put aside, and shown with the first one after it that is no part
	More  bool // Changed: the next event changed in the same transaction

	Epoch, Version uint64 // Changed: where the content stands then
	Who            uint64 // Presence: the number of our seat 0, which the others follow
}

// Next takes the next event; ok is false when there is none.
func (m *Mirrors) Next() (e MirrorEvent, ok bool) {
	if m.head == len(m.events) {
		m.events, m.head = m.events[:0], 0
		return MirrorEvent{}, false
	}
	e = m.events[m.head]
	m.events[m.head] = MirrorEvent{}
	m.head++
	return e, true
}

// emit adds an event, for the caller to fill in before the next one.
func (m *Mirrors) emit(kind MirrorEventKind, sub uint32, data []byte) *MirrorEvent {
	m.events = append(m.events, MirrorEvent{Kind: kind, Sub: sub, Data: data})
	return &m.events[len(m.events)-1]
}

func (m *Mirrors) send(frame []byte) { m.emit(MirrorSend, 0, frame) }
