package sharedmap

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// presence is who shows what in a map. It belongs to a subscription and ends with it.
type presence struct {
	me     uint64 // of our seat 0; the others follow it
	others []shown
	seats  []seat
}

// seat is one of those from which we show something: the tabs of a browser share a subscription.
type seat struct {
	value []byte // nil nothing
	due   bool   // it is to be sent
	next  int64  // not before
}

// shown is somebody's presence: [who, owner, value] as it came.
type shown struct {
	who   uint64
	entry []byte
}

// pace is the least time, in µs, between two sendings of one seat. The latest wins.
const pace = 33_000

// SetPresence says what others see in a map of one of our seats, which are numbered from 0 to wire.MaxSeats-1: one CBOR item, nil or null to withdraw
// it. It is sent again after cuts. An error, which is a *wire.Error, changes nothing.
func (m *Mirrors) SetPresence(now int64, sub, number uint32, value []byte) error {
	m.clock.Advance(now)
	s := m.sub(sub)
	if s == nil {
		return nil
	}
	switch {
	case number >= wire.MaxSeats:
		return wire.Err(wire.TooLarge, "You show yourself in a map from 64 seats at most.")
	case len(value) == 0 || cbor.KindOf(value) == cbor.KindNull:
		value = nil
	case len(value) > wire.MaxPresence || cbor.Check(value) != nil:
		return wire.Err(wire.TooLarge, "What you show of yourself in a map is one CBOR item of at most 1,024 bytes.")
	}
	p := &s.presence
	for len(p.seats) <= int(number) {
		p.seats = append(p.seats, seat{})
	}
	p.seats[number].show(value)
	m.show(s)
	return nil
}

func (p *seat) show(value []byte) {
	if p.due = true; value != nil {
		value = clone(value)
	}
	p.value = value
}

// show sends what we show, where it is time.
func (m *Mirrors) show(s *mirror) {
	for i := range s.presence.seats {
		p := &s.presence.seats[i]
		switch {
		case !p.due || !s.opened:
		case m.clock.Now < p.next:
			m.clock.At(p.next)
		default:
			p.due, p.next = false, m.clock.Now+pace
			m.send(wire.SetPresence{Sub: s.sub, Value: p.value, Seat: uint32(i)}.Append(nil))
		}
	}
}

// present shows us to a subscription that has just begun.
func (m *Mirrors) present(s *mirror) {
	for i := range s.presence.seats {
		if p := &s.presence.seats[i]; p.value != nil {
			p.due = true
		}
	}
	m.show(s)
}

// leave forgets the others: the subscription ended.
func (m *Mirrors) leave(s *mirror) {
	p := &s.presence
	for i := range p.seats {
		p.seats[i].due, p.seats[i].next = p.seats[i].value != nil, 0
	}
	if len(p.others) > 0 {
		p.others = nil
		e := m.emit(MirrorPresence, s.sub, []byte{0x80, 0x80})
		e.Who, e.Reset = p.me, true
	}
}

// presenceFields stand in a presence frame, before those that a later version may add.
const presenceFields = 5

func (m *Mirrors) handlePresence(frame []byte) (ok bool) {
	r := cbor.NewReader(frame)
	extra := r.Array() - presenceFields
	r.Uint()
	id, reset := r.Uint(), r.Bool()
	s := m.byID(id)
	if s == nil {
		return true
	}
	start := r.At()
	ok = s.presence.take(&r, reset)
	data := frame[start:r.At()]
	skip(&r, extra)
	if r.Done() != nil || !ok {
		return false
	}
	e := m.emit(MirrorPresence, s.sub, data)
	e.Who, e.Reset = s.presence.me, reset
	return true
}

// take reads who changed and who is gone. If that fails, the connection is given up, and everybody with it.
func (p *presence) take(r *cbor.Reader, reset bool) (ok bool) {
	if reset {
		p.others = nil
	}
	for n := r.Array(); n > 0; n-- {
		entry := r.Raw()
		in := cbor.NewReader(entry)
		in.Array()
		who := in.Uint()
		in.TextBytes()
		in.Skip()
		if in.Err() != nil {
			return false
		}
		p.put(who, entry)
	}
	for n := r.Array(); n > 0; n-- {
		p.put(r.Uint(), nil)
	}
	return true
}

// put notes what somebody shows; no entry means that they are gone.
func (p *presence) put(who uint64, entry []byte) {
	i := 0
	for i < len(p.others) && p.others[i].who != who {
		i++
	}
	last := len(p.others) - 1
	switch {
	case entry == nil && i <= last:
		p.others[i] = p.others[last]
		p.others = p.others[:last]
	case entry == nil:
	case i > last:
		p.others = append(p.others, shown{who, clone(entry)})
	default:
		p.others[i].entry = clone(entry)
	}
}

// all is who is there, as an event that forgets all before.
func (p *presence) all(sub uint32) MirrorEvent {
	data := cbor.AppendArrayHeader(nil, len(p.others))
	for _, o := range p.others {
		data = append(data, o.entry...)
	}
	return MirrorEvent{Kind: MirrorPresence, Sub: sub, Who: p.me, Reset: true, Data: cbor.AppendArrayHeader(data, 0)}
}
