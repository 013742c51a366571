package server

import (
	"fmt"
	"math"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Moment is the instant in a member's video, in a call, at which an action was made: what call.act of a page gives to a method, as a map {"room", "member", "action", "at"}, at in µs since
// 1970 UTC. A method that may be called without one takes a *Moment. It is what the page says: it decides when something is done, and must not decide whether.
type Moment struct {
	Room   string    // the room, owner/local/room or with the app before
	Member string    // whose video it is, by the public id that the room gave: 8 to 22 of A-Z a-z 0-9 - and _
	Action uint32    // which of the member's actions, from 1
	At     time.Time // when it was made, by the server's clock as the page knew it
}

// Limits of moments.
const (
	oldestMoment  = 10 * time.Second
	momentAhead   = 2 * time.Second
	byThen        = 2 * time.Second        // after the moment, its bundle runs without it, unless it says otherwise
	longestByThen = time.Minute            // as long as pages remember moments
	timeToArrive  = 500 * time.Millisecond // that a bundle has left when its moment is long ago
)

// Deadline is how long after its moment a bundle with one begins at the latest, with the video or without: 2 s unless said, at most a minute. RunWithMedia looks at it.
func (b *Bundle) Deadline(d time.Duration) *Bundle {
	if d <= 0 || d > longestByThen {
		b.fail(wire.Err(wire.BadRequest, fmt.Sprintf("A bundle's deadline is up to a minute after its moment, not %v.", d)))
	}
	b.deadline = d
	return b
}

// Beside has the bundle run beside others: it replaces nothing, and nothing replaces it. Its commands run one right after the other, without distances, when no other one runs.
func (b *Bundle) Beside() *Bundle {
	b.made.Beside = true
	return b
}

// RunWithMedia has the bundle run when the device sees the moment: with the video's frame that was captured then, as a device does that is a page in the same call. It runs at its deadline where the
// device has not seen it by then, does not show the video, or knows nothing of calls. The Outcome tells by which method, and how far off it was.
//
// The error is bad_request for a moment that can't be: more than 10 s ago, more than 2 s ahead, without a room, a member or an action; else as for RunAt. It does not fail the message by itself.
func (d Device) RunWithMedia(b *Bundle, m Moment) error {
	d.tx.changes("Device.RunWithMedia")
	made, err := d.withMoment(b, m)
	if err != nil {
		return err
	}
	return d.give(b, made)
}

// withMoment is a bundle as it is given with a moment.
func (d Device) withMoment(b *Bundle, m Moment) (made bundle.Bundle, err error) {
	made = b.made
	if made.Moment, err = d.tx.moment(m); err != nil {
		return made, err
	}
	by := later(m.At.Add(orDefault(b.deadline, byThen)), d.tx.Now().Add(timeToArrive))
	made.At, made.Expires = clock.Micros(by), 0
	if made.Late != bundle.Drop {
		made.Expires = clock.Micros(by.Add(orDefault(b.within, longestLate)))
	}
	return made, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// moment checks one that a page has made, and names its room in full.
func (tx *Tx) moment(m Moment) (bundle.Moment, error) {
	room, err := name.Parse(m.Room)
	switch now := tx.Now(); {
	case err != nil || room.Kind() != name.Item || room.Host != "":
		return bundle.Moment{}, badMoment("it names its room as owner/name/room, not %q", clip(m.Room))
	case !isMember(m.Member):
		return bundle.Moment{}, badMoment("it names a member of the room by 8 to 22 letters, digits, - and _")
	case m.Action == 0:
		return bundle.Moment{}, badMoment("actions are numbered from 1")
	case m.At.Before(now.Add(-oldestMoment)):
		return bundle.Moment{}, badMoment("it is from %s ago; one may be %v old", roughly(now.Sub(m.At)), oldestMoment)
	case m.At.After(now.Add(momentAhead)):
		return bundle.Moment{}, badMoment("it is %s ahead; one may be %v ahead, for clocks differ", roughly(m.At.Sub(now)), momentAhead)
	}
	return bundle.Moment{Room: room.In(tx.tx.Self().App).String(), Member: m.Member, Action: m.Action, At: clock.Micros(m.At)}, nil
}

func badMoment(what string, args ...any) error {
	return wire.Err(wire.BadRequest, "The moment can't be: "+fmt.Sprintf(what, args...)+".")
}

func isMember(id string) bool {
	for _, c := range []byte(id) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return len(id) >= 8 && len(id) <= 22
}

const momentFields = 4

// MarshalCBOR encodes a moment as pages do.
func (m Moment) MarshalCBOR() ([]byte, error) {
	at := int64(0)
	if !m.At.IsZero() {
		at = clock.Micros(m.At)
	}
	b := cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(nil, momentFields), "at"), at) // in the order of their encoded keys
	b = cbor.AppendText(cbor.AppendText(b, "room"), m.Room)
	b = cbor.AppendUint(cbor.AppendText(b, "action"), uint64(m.Action))
	return cbor.AppendText(cbor.AppendText(b, "member"), m.Member), nil
}

// UnmarshalCBOR decodes a moment as pages encode it. Other keys are passed over.
func (m *Moment) UnmarshalCBOR(encoded []byte) error {
	*m = Moment{}
	r := cbor.NewReader(encoded)
	for range r.Map() {
		switch key := r.Text(); key {
		case "room":
			m.Room = r.Text()
		case "member":
			m.Member = r.Text()
		case "action":
			m.Action = r.Uint32()
		case "at":
			m.At = instant(wholeMicros(r.Number()))
		default:
			r.Skip()
		}
	}
	return r.Done()
}

// wholeMicros rounds an instant, which pages may know to a fraction, and brings it into the years that can be told.
func wholeMicros(µs float64) int64 {
	if math.IsNaN(µs) {
		return 0
	}
	return int64(math.Round(max(0, min(µs, bundle.MaxInstant))))
}
