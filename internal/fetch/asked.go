package fetch

import (
	"iter"
	"slices"

	"github.com/wabgo/wab/internal/actor"
)

// asked goes through what the framework has asked for, as the message being handled leaves it.
func (p *part) asked() iter.Seq[*pending] {
	return func(yield func(*pending) bool) {
		for _, list := range [][]*pending{p.all, p.fresh} {
			for _, q := range list {
				if q.asked && !slices.Contains(p.removed, q) && !yield(q) {
					return
				}
			}
		}
	}
}

// Waiting are the tags of what the framework has asked for on behalf of the CA and that has no outcome yet, by id.
func (f *Fetches) Waiting(tx *actor.Tx) (tags map[uint64]string) {
	tags = map[uint64]string{}
	tx.Use(f, func(x actor.Part) {
		for q := range x.(*part).asked() {
			if !q.running {
				tags[q.id] = q.tag
			}
		}
	})
	return tags
}

// Load is how much the framework has asked for on behalf of a CA, until its outcomes have been handled.
type Load struct {
	InLane int // of the lane that was named
	All    int
	Bytes  int // of all requests
}

// Load tells how much there is, in a lane and altogether.
func (f *Fetches) Load(tx *actor.Tx, lane string) (l Load) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		t := p.after(true)
		l.All, l.Bytes = t.count, t.bytes
		for q := range p.asked() {
			if q.lane == lane {
				l.InLane++
			}
		}
	})
	return l
}

// Mark returns what takes back whatever the transaction asks for and cancels from here on. It is of use until the message has been handled.
func (f *Fetches) Mark(tx *actor.Tx) (undo func()) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		fresh, removed := slices.Clone(p.fresh), slices.Clone(p.removed)
		undo = func() { tx.Use(f, func(actor.Part) { p.fresh, p.removed = fresh, removed }) }
	})
	return undo
}
