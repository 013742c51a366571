package bundle

import (
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// Moment is the instant in a member's video, in a call, at which an action was made. The zero Moment is none.
type Moment struct {
	Room   string // the room by its full name, 1 to 256 bytes
	Member string // whose video it is, 1 to 64 bytes
	Action uint32 // which of the member's actions in that room, from 1
	At     int64  // when it was made, µs by the server's clock
}

// Deadline is the method of a bundle whose moment did not come in time.
const Deadline = "deadline"

const momentElements = 4

// Is tells whether two moments are of the same action.
func (m Moment) Is(other Moment) bool {
	return m.Action == other.Action && m.Member == other.Member && m.Room == other.Room
}

// none tells whether there is no moment.
func (m Moment) none() bool { return m == Moment{} }

func (m Moment) append(dst []byte) []byte {
	if m.none() {
		return cbor.AppendNull(dst)
	}
	dst = cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(dst, momentElements), m.Room), m.Member)
	return cbor.AppendInt(cbor.AppendUint(dst, uint64(m.Action)), m.At)
}

// readMoment reads one, or null. Of what is none it makes one that check refuses.
func readMoment(r *cbor.Reader) (m Moment) {
	if r.Kind() == cbor.KindNull {
		r.Skip()
		return m
	}
	extra := r.Array() - momentElements
	m.Room, m.Member, m.Action, m.At = r.Text(), r.Text(), r.Uint32(), r.Int()
	for ; extra > 0 && r.Err() == nil; extra-- {
		r.Skip()
	}
	if extra != 0 || m.none() {
		m = Moment{Room: "?"}
	}
	return m
}

func (b *Bundle) checkMoment() error {
	m := b.Moment
	switch {
	case m.none():
		return nil
	case m.Room == "" || len(m.Room) > MaxRoom || !utf8.ValidString(m.Room) || m.Member == "" || len(m.Member) > MaxMember || !utf8.ValidString(m.Member):
		return wire.Err(wire.BadRequest, "A moment names its room, in 1 to 256 bytes of UTF-8, and a member of it, in 1 to 64.")
	case m.Action == 0 || m.At <= 0 || m.At > MaxInstant:
		return wire.Err(wire.BadRequest, "A moment has the number of an action, from 1, and an instant between the years 1970 and 9999.")
	case b.At < m.At:
		return wire.Err(wire.BadRequest, "A bundle with a moment has a deadline, which is not before the moment.")
	}
	return nil
}
