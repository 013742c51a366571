package replica

import (
	"iter"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Snapshot is what can be read of a map at one moment. Values are CBOR, and must not be changed.
type Snapshot interface {
	Get(key string) (value []byte, ok bool)
	Len() int
	All() iter.Seq2[string, []byte]
}

// Read is a map as the message sees it: the newest that had reached this process when the message first looked at any map of that writer, and the
// same until the message ends. The CA's own maps are as its last message has left them, with what this one has changed not counted.
// Errors are *wire.Error: not_allowed or unavailable by the writer's policy, unavailable where the store can't be read.
func (h *Hub) Read(tx *actor.Tx, n name.Name) (m *sharedmap.Map, err error) {
	tx.Use(h, func(x actor.Part) { m, err = x.(*part).read(n) })
	return m, err
}

func (p *part) read(n name.Name) (*sharedmap.Map, error) {
	self := p.ca.Name()
	if n.CA() == self {
		own, err := p.head(n.Item)
		if err != nil {
			return nil, err
		}
		return own.m, nil
	}
	if err := p.hub.opt.Judge(n.CA(), self, n.Item, bus.Reader{}).Refusal(); err != nil {
		return nil, err
	}
	v, err := p.look(n.CA())
	if err != nil {
		return nil, p.hub.unreadable(n.CA(), err)
	}
	return v.at(n.Item).m, nil
}

// look is another CA's maps as the message sees them.
func (p *part) look(ca name.Name) (*view, error) {
	for _, v := range p.pins {
		if v.ca == ca {
			return v, nil
		}
	}
	v, err := p.hub.writer(ca).load()
	if err == nil {
		p.pins = append(p.pins, v)
	}
	return v, err
}

// Newest is a map as it is now, for whom policy has let in already.
func (h *Hub) Newest(n name.Name) (*sharedmap.Map, *wire.Error) {
	v, err := h.writer(n.CA()).load()
	if err != nil {
		return nil, h.unreadable(n.CA(), err)
	}
	return v.at(n.Item).m, nil
}

// unreadable is what others hear of a store that fails.
func (h *Hub) unreadable(ca name.Name, err error) *wire.Error {
	h.opt.Log.Error("maps can't be loaded", "ca", ca.String(), "error", err)
	return errLoad
}
