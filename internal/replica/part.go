package replica

import (
	"bytes"
	"math/rand/v2"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Letter begins the maps' side keys.
func (*Hub) Letter() byte { return letter }

// NewPart makes the maps' share of an activation.
func (h *Hub) NewPart(ca *actor.CA) actor.Part {
	return &part{hub: h, ca: ca}
}

// part is what one activation writes and reads.
type part struct {
	hub   *Hub
	ca    *actor.CA
	own   *writer
	heads []head  // the CA's maps that it has used, as its last message has left them
	pins  []*view // other CAs' maps, as they were when the message first looked
	spent int     // changes of the message
}

// head is one of the CA's own maps.
type head struct {
	*shown                 // after the last message, durable or not
	edit   *sharedmap.Edit // what the message changes; nil if it has not touched the map
}

// Begin also lets go of maps that are not there: their names may come from anybody.
func (p *part) Begin() {
	clear(p.pins)
	p.pins, p.spent = p.pins[:0], 0
	p.heads = slices.DeleteFunc(p.heads, func(h head) bool { return h.m == nil })
}

func (p *part) Rollback() {
	for i := range p.heads {
		p.heads[i].edit = nil
	}
}

var (
	errMaps    = wire.Err(wire.TooLarge, "A CA has at most 256 maps.")
	errChanges = wire.Err(wire.TooLarge, "One message may change at most 100,000 entries; do it in several.")
)

// Encode writes every entry that has changed, and shows the changes once they are durable.
func (p *part) Encode(c *actor.Commit) {
	var changes []change
	for i := range p.heads {
		h := &p.heads[i]
		if h.edit == nil {
			continue
		}
		next, delta, dropped := h.edit.Commit()
		h.edit = nil
		if delta == nil {
			continue
		}
		for _, e := range delta.Changes {
			e.Version = delta.To
			c.Put(entryKey(h.label, e.Key), appendEntry(e))
		}
		for _, key := range dropped {
			c.Delete(entryKey(h.label, key))
		}
		c.Put(headerKey(h.label), appendHeader(next))
		h.shown = h.after(next, delta)
		changes = append(changes, change{h.shown, delta})
	}
	if len(changes) > 0 {
		h, ca := p.hub, p.ca.Name()
		c.First(func() { h.writer(ca).apply(changes) })
		c.After(func() { h.writer(ca).flow() })
	}
}

// head finds one of the CA's own maps, empty if there is none yet.
func (p *part) head(label string) (*head, error) {
	for i := range p.heads {
		if p.heads[i].label == label {
			return &p.heads[i], nil
		}
	}
	s, err := p.load(label)
	if err != nil {
		return nil, err
	}
	p.heads = append(p.heads, head{shown: s})
	return &p.heads[len(p.heads)-1], nil
}

// load is one of the CA's own maps that this activation has not written to: what it was before is durable, and shown. Unless another process has
// written it since: then it is read again.
func (p *part) load(label string) (*shown, error) {
	p.own = p.hub.writer(p.ca.Name())
	v, err := p.own.load()
	var stored []byte
	if err == nil {
		stored, err = p.ca.Get(headerKey(label))
	}
	if err == nil && !bytes.Equal(stored, appendHeader(v.at(label).m)) {
		v, err = p.own.reload()
	}
	if err != nil {
		return nil, p.hub.unreadable(p.ca.Name(), err)
	}
	return v.at(label), nil
}

// edit begins to change a map.
func (p *part) edit(label string) (*sharedmap.Edit, error) {
	if err := name.CheckLabel(label); err != nil {
		return nil, wire.Err(wire.BadRequest, "A map's name is a label: "+err.Error()+".")
	}
	h, err := p.head(label)
	if err != nil {
		return nil, err
	}
	if h.edit != nil {
		return h.edit, nil
	}
	m := h.m
	if m == nil {
		if p.full() {
			return nil, errMaps
		}
		m = sharedmap.New(rand.Uint64N(1<<53-1) + 1)
	}
	h.edit = m.Edit()
	return h.edit, nil
}

// full tells whether the CA can have no further map.
func (p *part) full() bool {
	v := p.own.view.Load()
	n := len(v.maps)
	for i := range p.heads {
		if h := &p.heads[i]; h.m != nil || h.edit != nil {
			if _, durable := v.find(h.label); !durable {
				n++
			}
		}
	}
	return n >= MaxMaps
}

// Own is a map of a CA, as its transaction sees and changes it.
type Own struct {
	hub   *Hub
	tx    *actor.Tx
	label string
}

// Own is the map of that label of the CA that handles the message.
func (h *Hub) Own(tx *actor.Tx, label string) Own { return Own{h, tx, label} }

// Look calls do with what the message sees of the map: its own changes included.
func (o Own) Look(do func(Snapshot)) (err error) {
	o.tx.Use(o.hub, func(p actor.Part) {
		var h *head
		if h, err = p.(*part).head(o.label); err != nil {
			return
		}
		if h.edit != nil {
			do(h.edit)
		} else {
			do(h.m)
		}
	})
	return err
}

// Set changes an entry; its value is one CBOR item. The key may be a method's. Errors are *wire.Error, and leave all as it was.
func (o Own) Set(key string, value []byte) error {
	return o.change(len(key)+len(value), func(e *sharedmap.Edit) error { return e.Set(key, value) })
}

// Delete removes an entry, and tells whether there was one.
func (o Own) Delete(key string) (was bool, err error) {
	err = o.change(len(key), func(e *sharedmap.Edit) error {
		was = e.Delete(key)
		if err := e.Err(); err != nil {
			return err
		}
		return nil
	})
	return was, err
}

// entryCost is what an entry takes in the store besides its key and value, about.
const entryCost = 16

func (o Own) change(size int, do func(*sharedmap.Edit) error) error {
	if err := o.tx.Spend(size + entryCost); err != nil {
		return err
	}
	var err error
	o.tx.Use(o.hub, func(x actor.Part) {
		p := x.(*part)
		var e *sharedmap.Edit
		if e, err = p.edit(o.label); err != nil {
			return
		}
		if p.spent >= MaxChanges {
			err = errChanges
			return
		}
		before := e.Changes()
		err = do(e)
		p.spent += max(0, e.Changes()-before)
	})
	return err
}

// Version is the map's as the CA's last message has left it.
func (o Own) Version() (epoch, version uint64) {
	o.tx.Use(o.hub, func(p actor.Part) {
		if h, err := p.(*part).head(o.label); err == nil {
			epoch, version = h.m.Epoch(), h.m.Version()
		}
	})
	return epoch, version
}
