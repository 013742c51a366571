package fetch

import (
	"iter"
	"slices"

	"github.com/wabgo/wab/internal/actor"
)

// inLanes goes through the fetches in their order, and tells of each whether none of its lane is before it.
func (p *part) inLanes() iter.Seq2[*pending, bool] {
	return func(yield func(*pending, bool) bool) {
		var taken map[string]bool
		for _, q := range p.all {
			first := q.lane == "" || !taken[q.lane]
			if first && q.lane != "" {
				if taken == nil {
					taken = map[string]bool{}
				}
				taken[q.lane] = true
			}
			if !yield(q, first) {
				return
			}
		}
	}
}

// Waiting are the tags of what the framework has asked for on behalf of the CA and that has no outcome yet, by id.
func (f *Fetches) Waiting(tx *actor.Tx) (tags map[uint64]string) {
	tags = map[uint64]string{}
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		for _, list := range [][]*pending{p.all, p.fresh} {
			for _, q := range list {
				if q.asked && !q.running && !slices.Contains(p.removed, q) {
					tags[q.id] = q.tag
				}
			}
		}
	})
	return tags
}

// Mark returns what takes back whatever the transaction asks for and cancels from here on.
func (f *Fetches) Mark(tx *actor.Tx) (undo func()) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		fresh, removed := slices.Clone(p.fresh), slices.Clone(p.removed)
		undo = func() { tx.Use(f, func(actor.Part) { p.fresh, p.removed = fresh, removed }) }
	})
	return undo
}

// Load is how much the framework has asked for on behalf of a CA that has no outcome yet.
type Load struct{ InLane, All, Bytes int }

// Load tells how much there is, in a lane and altogether.
func (f *Fetches) Load(tx *actor.Tx, lane string) (l Load) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		t := p.after(true)
		l.All, l.Bytes = t.count, t.bytes
		for _, list := range [][]*pending{p.all, p.fresh} {
			for _, q := range list {
				if q.asked && q.lane == lane {
					l.InLane++
				}
			}
		}
	})
	return l
}
