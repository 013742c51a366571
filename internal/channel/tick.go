package channel

import (
	"github.com/wabgo/wab/internal/actor"
)

// tickMost bounds what one tick does: so much goes into a transaction.
const tickMost = 32

// Tick does what is due, the rest of it in the ticks that follow.
func (f *Channels) Tick(tx *actor.Tx) error {
	now, done := tx.Now(), 0
	return f.apply(tx, func(p *part, w *work) error {
		for _, l := range p.links {
			at := l.wake()
			if at == 0 || at > now || done == tickMost {
				continue
			}
			if done++; l.target == "" {
				p.take(l, l.Tick(now), w)
				continue
			}
			w.stop = append(w.stop, tagResolve+"/"+l.ID)
			if err := p.lost(l, "The address could not be looked up in time.", now, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// wake is when something is due, 0 for never.
func (l *link) wake() int64 {
	if l.target != "" {
		return l.Expires
	}
	return l.Wake()
}
