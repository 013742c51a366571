package follow

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// A topic is one subscription.
type topic struct {
	sub              uint32
	name, ca, method string
	started          bool
	state            State
	reason           *wire.Error // what is in the way

	placed        bool // the position means something; an epoch of 0 is then before the first message of a topic to come
	epoch, offset uint64

	asked    uint32 // by which number the server was asked on this connection, 0 not
	open     bool   // it has answered, and what comes is for us
	askedAt  int64  // when it was asked last
	askAt    int64  // when to ask again, 0 not
	refusals int    // in a row
	id       uint64 // the server's number on this connection
}

func (s *topic) place(epoch, offset uint64) { s.placed, s.epoch, s.offset = true, epoch, offset }

// ask subscribes from the position, by a new number.
func (t *Topics) ask(s *topic) {
	if !t.connected {
		return
	}
	t.leave(s)
	t.asks++
	s.asked, s.open, s.askedAt, s.askAt = t.asks, false, t.clock.Now, 0
	t.emit(Send, 0, wire.TopicOpen{Sub: s.asked, Topic: s.name, Epoch: s.epoch, Offset: s.offset, CA: s.ca, Method: s.method}.Append(nil))
}

// askAt asks at an instant, or now if it has come.
func (t *Topics) askAt(s *topic, at int64) {
	if at <= t.clock.Now {
		t.ask(s)
		return
	}
	s.open, s.askAt = false, at
	t.clock.At(at)
}

// leave takes back what the server was asked for last.
func (t *Topics) leave(s *topic) {
	if s.asked != 0 {
		t.emit(Send, 0, wire.TopicClose{Sub: s.asked}.Append(nil))
		s.asked = 0
	}
}

// ground marks a subscription that the server does not serve any more.
func (t *Topics) ground(s *topic, reason *wire.Error) {
	s.asked, s.open = 0, false
	if s.started {
		t.turn(s, reason)
	}
}

// turn tells that a subscription is not live, if that is new.
func (t *Topics) turn(s *topic, reason *wire.Error) {
	state := Opening
	if s.state != Opening {
		state = Stale
	}
	if s.state != state || s.reason != reason {
		t.tell(s, state, reason)
	}
}

func (t *Topics) tell(s *topic, state State, reason *wire.Error) {
	s.state, s.reason = state, reason
	e := t.emit(Turned, s.sub, nil)
	e.State, e.Err = state, reason
}

// handleOpened takes the answer, or that messages were lost in mid-stream.
func (t *Topics) handleOpened(frame []byte) error {
	f, err := wire.ParseTopicOpened(frame)
	if err != nil {
		return err
	}
	s := t.asking(f.Sub)
	if s == nil {
		return nil
	}
	s.open, s.askAt, s.refusals, s.id = true, 0, 0, f.ID
	if s.placed && s.epoch == 0 && f.Offset > 0 && !f.Gap {
		s.epoch = f.Epoch // the topic was made while we were away: its first messages are still to be had
		t.ask(s)
		return nil
	}
	before := s.epoch
	if !s.placed || f.Epoch != 0 && (f.Epoch != s.epoch || f.Offset > s.offset) {
		s.place(f.Epoch, f.Offset)
	}
	s.state, s.reason = Live, nil
	e := t.emit(Opened, s.sub, nil)
	if f.Epoch != 0 {
		e.Epoch, e.Offset, e.Before, e.Gap = s.epoch, s.offset, before, f.Gap
	}
	if f.Gap {
		e.Missed = f.Missed
	}
	return nil
}

// handleMessages takes messages that lead on from the position. What doesn't is asked for again, at most once a second.
func (t *Topics) handleMessages(frame []byte) error {
	f, err := wire.ParseTopicMessages(frame)
	if err != nil {
		return err
	}
	if !inOrder(f) {
		return wire.Err(wire.BadRequest, "A topic's messages are malformed.")
	}
	for _, s := range t.list {
		if s.open && s.id == f.ID {
			t.take(s, f)
		}
	}
	return nil
}

func (t *Topics) take(s *topic, f wire.TopicMessages) {
	switch {
	case f.Epoch != s.epoch || f.After > s.offset:
		t.turn(s, nil)
		t.askAt(s, s.askedAt+calm)
	case f.Upto > s.offset:
		s.offset = f.Upto
		e := t.emit(Messages, s.sub, f.Messages)
		e.Epoch, e.Offset = f.Epoch, f.Upto
	}
}

// calm is the least time, in µs, between two askings for what doesn't lead on.
const calm = 1_000_000

// inOrder tells whether the messages of a frame are well formed, and their offsets within its bounds and rising.
func inOrder(f wire.TopicMessages) bool {
	r := cbor.NewReader(f.Messages)
	last := f.After
	for n := r.Array(); n > 0; n-- {
		m := cbor.NewReader(r.Raw())
		m.Array()
		offset := m.Uint()
		m.Int()
		m.TextBytes()
		m.Skip()
		if m.Err() != nil || offset <= last {
			return false
		}
		last = offset
	}
	return last <= f.Upto
}

// handleEnd takes a refusal: for now, or for good.
func (t *Topics) handleEnd(frame []byte) error {
	f, err := wire.ParseTopicEnd(frame)
	if err != nil {
		return err
	}
	s := t.asking(f.Sub)
	if s == nil {
		return nil
	}
	reason := wire.Retry(f.Err.Code, f.Err.Message, f.Err.RetryAfter)
	switch reason.Code {
	case wire.Unavailable, wire.Overloaded, wire.Quota:
		t.askAt(s, t.clock.Now+t.clock.Pause(s.refusals, reason.RetryAfter))
		s.refusals++
		t.ground(s, reason)
	default:
		t.remove(s)
		t.tell(s, Ended, reason)
	}
	return nil
}
