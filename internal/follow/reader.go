package follow

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// Reader is where one of those who read a subscription has got to. The zero Reader reads what comes from now on; a copy reads on from the same
// place. It belongs to one goroutine at a time.
type Reader struct {
	epoch, offset uint64
	placed        bool
}

// At makes a reader that has read up to a position. An epoch of 0 is none.
func At(epoch, offset uint64) Reader { return Reader{epoch, offset, epoch != 0} }

// Position is that of the last message that was read, or passed over.
func (r *Reader) Position() (epoch, offset uint64) { return r.epoch, r.offset }

// Opened takes an event of that kind, and tells whether messages were lost just before it: how many at most, 0 where that is not known.
func (r *Reader) Opened(e Event) (lost bool, missed uint64) {
	switch {
	case !r.placed:
	case e.Epoch == 0 || e.Epoch == r.epoch && e.Offset <= r.offset:
		return false, 0
	case e.Epoch == r.epoch:
		lost, missed = true, min(e.Missed, e.Offset-r.offset)
	case e.Epoch != 0 && r.epoch == e.Before:
		lost, missed = e.Gap, e.Missed // the server knows what was the end of the epoch before
	default:
		lost = r.epoch != 0 || e.Offset > 0
	}
	*r = Reader{e.Epoch, e.Offset, true}
	return lost, missed
}

// Pass takes an event of the kind Messages as read.
func (r *Reader) Pass(e Event) {
	if e.Epoch == r.epoch {
		r.offset = max(r.offset, e.Offset)
	}
}

// Read takes an event of the kind Messages, and hands out what is new. Values alias the event.
func (r *Reader) Read(e Event, yield func(wire.TopicMessage)) {
	if e.Epoch != r.epoch || e.Offset <= r.offset {
		return
	}
	in := cbor.NewReader(e.Data)
	for n := in.Array(); n > 0; n-- {
		if m := wire.ReadTopicMessage(&in); m.Offset > r.offset {
			yield(m)
		}
	}
	r.offset = e.Offset
}
