package sharedmap

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// presence is who shows what in a map. It belongs to a subscription and ends with it.
type presence struct {
	me     uint64
	others map[uint64][]byte // who → [who, owner, value] as it came
	shown  []byte            // of ourselves, nil nothing
	due    bool              // shown is to be sent
	next   int64             // not before
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
		p.shown = nil
	case len(value) > wire.MaxPresence || cbor.Check(value) != nil:
		return wire.Err(wire.TooLarge, "What you show of yourself in a map is one CBOR item of at most 1,024 bytes.")
	default:
		p.shown = clone(value)
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
		m.send(wire.SetPresence{Sub: s.sub, Value: p.shown}.Append(nil))
	}
}

// present shows ourselves to a subscription that has just begun.
func (m *Mirrors) present(s *mirror) {
	if p := &s.presence; p.shown != nil || p.due {
		p.due = true
		m.show(s)
	}
}

// leave forgets the others: the subscription ended.
func (m *Mirrors) leave(s *mirror) {
	p := &s.presence
	p.due, p.next = p.shown != nil, 0
	if len(p.others) > 0 {
		p.others = nil
		m.emit(MirrorEvent{Kind: MirrorPresence, Sub: s.sub, Who: p.me, Reset: true, Data: []byte{0x80, 0x80}})
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
	m.emit(MirrorEvent{Kind: MirrorPresence, Sub: s.sub, Who: s.presence.me, Reset: reset, Data: data})
	return true
}

// take reads who changed and who is gone. If that fails, the connection is given up, and everybody with it.
func (p *presence) take(r *cbor.Reader, reset bool) (ok bool) {
	if reset || p.others == nil {
		p.others = make(map[uint64][]byte)
	}
	for n := r.Array(); n > 0; n-- {
		if !p.takeOne(r.Raw()) {
			return false
		}
	}
	for n := r.Array(); n > 0; n-- {
		delete(p.others, r.Uint())
	}
	return true
}

// takeOne reads [who, owner, value].
func (p *presence) takeOne(entry []byte) (ok bool) {
	r := cbor.NewReader(entry)
	r.Array()
	who := r.Uint()
	r.TextBytes()
	r.Skip()
	if ok = r.Err() == nil; ok {
		p.others[who] = append(p.others[who][:0], entry...)
	}
	return ok
}

// all is who is there, as an event that forgets all before.
func (p *presence) all(sub uint32) MirrorEvent {
	data := cbor.AppendArrayHeader(nil, len(p.others))
	for _, entry := range p.others {
		data = append(data, entry...)
	}
	return MirrorEvent{Kind: MirrorPresence, Sub: sub, Who: p.me, Reset: true, Data: cbor.AppendArrayHeader(data, 0)}
}
