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
	if len(value) > wire.MaxPresence {
		return wire.Err(wire.TooLarge, "What you show of yourself in a map has at most 1,024 bytes.")
	}
	if value != nil && cbor.Check(value) != nil {
		return wire.Err(wire.BadRequest, "What you show of yourself in a map is one CBOR item.")
	}
	p := &s.presence
	p.shown, p.due = append([]byte(nil), value...), true
	if len(value) == 0 || cbor.KindOf(value) == cbor.KindNull {
		p.shown = nil
	}
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

func (m *Mirrors) handlePresence(frame []byte) error {
	f, err := wire.ParsePresence(frame)
	if err != nil {
		return err
	}
	s := m.shared(f.ID)
	if s == nil {
		return nil
	}
	if s.presence.take(f) != nil {
		return malformed()
	}
	m.emit(MirrorEvent{Kind: MirrorPresence, Sub: s.sub, Who: s.presence.me, Reset: f.Reset, Data: both(f)})
	return nil
}

// both is what changed and who is gone, one behind the other: as they stand in the frame.
func both(f wire.Presence) []byte {
	return append(append(make([]byte, 0, len(f.Changed)+len(f.Gone)), f.Changed...), f.Gone...)
}

func (p *presence) take(f wire.Presence) error {
	if f.Reset || p.others == nil {
		p.others = make(map[uint64][]byte)
	}
	r := cbor.NewReader(f.Changed)
	for n := r.Array(); n > 0; n-- {
		if err := p.takeOne(r.Raw()); err != nil {
			return err
		}
	}
	gone := cbor.NewReader(f.Gone)
	for n := gone.Array(); n > 0 && gone.Err() == nil; n-- {
		delete(p.others, gone.Uint())
	}
	return gone.Err()
}

func (p *presence) takeOne(entry []byte) error {
	r := cbor.NewReader(entry)
	r.Array()
	who := r.Uint()
	r.TextBytes()
	r.Skip()
	if r.Err() == nil {
		p.others[who] = append(p.others[who][:0], entry...)
	}
	return r.Err()
}

// all is who is there, as an event that forgets all before.
func (p *presence) all(sub uint32) MirrorEvent {
	data := cbor.AppendArrayHeader(nil, len(p.others))
	for _, entry := range p.others {
		data = append(data, entry...)
	}
	return MirrorEvent{Kind: MirrorPresence, Sub: sub, Who: p.me, Reset: true, Data: cbor.AppendArrayHeader(data, 0)}
}
