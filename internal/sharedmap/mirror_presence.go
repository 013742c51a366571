package sharedmap

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// presence is who shows what in a map. It belongs to a subscription and ends with it.
type presence struct {
	me     uint64
	others []shown
	mine   []byte // of ourselves, nil nothing
	due    bool   // mine is to be sent
	next   int64  // not before
}

// shown is somebody's presence: [who, owner, value] as it came.
type shown struct {
	who   uint64
	entry []byte
}

// pace is the least time, in µs, between two sendings of one presence. The latest wins.
const pace = 33_000

// SetPresence says what others see of us in a map: one CBOR item, nil or null to withdraw it. It is sent again after cuts. An error, which is a
// *wire.Error, changes nothing.
func (m *Mirrors) SetPresence(now int64, sub uint32, value []byte) error {
	m.advance(now)
	s := m.sub(sub)
	if s == nil {
		return nil
	}
	p := &s.presence
	switch {
	case len(value) == 0 || cbor.KindOf(value) == cbor.KindNull:
		p.mine = nil
	case len(value) > wire.MaxPresence || cbor.Check(value) != nil:
		return wire.Err(wire.TooLarge, "What you show of yourself in a map is one CBOR item of at most 1,024 bytes.")
	default:
		p.mine = clone(value)
	}
	p.due = true
	m.show(s)
	return nil
}

// show sends our presence, if it is time.
func (m *Mirrors) show(s *mirror) {
	p := &s.presence
	switch {
	case !p.due || !s.opened:
	case m.now < p.next:
		m.at(p.next)
	default:
		p.due, p.next = false, m.now+pace
		m.send(wire.SetPresence{Sub: s.sub, Value: p.mine}.Append(nil))
	}
}

// present shows us to a subscription that has just begun.
func (m *Mirrors) present(s *mirror) {
	if p := &s.presence; p.mine != nil || p.due {
		p.due = true
		m.show(s)
	}
}

// leave forgets the others: the subscription ended.
func (m *Mirrors) leave(s *mirror) {
	p := &s.presence
	p.due, p.next = p.mine != nil, 0
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
	s := m.shared(id)
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
