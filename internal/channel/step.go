package channel

import (
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
)

// work is what a step leaves to do once the part is let go of: others have parts of their own.
type work struct {
	asks   []fetch.Request
	stop   []string   // tags of what is not to be sent any more
	shown  []*link    // whose rows in the maps change
	gone   []string   // ids whose rows go
	opened []*channel // and those that were changed
	shut   []string   // channels whose rows go
}

// take puts a step into effect: the record and the channel here, the rest as work.
func (p *part) take(l *link, s dance.Step, w *work) *link {
	next := *l
	next.Record = s.Record
	if c := p.channels.get(next.Channel); c != nil && c.sub == next.ID {
		next.own = c.id
	}
	if s.CloseChannel && l.Channel != "" && p.close(l.Channel) {
		w.shut = append(w.shut, l.Channel)
	}
	switch {
	case s.Forget:
		p.links = p.links.without(l.ID)
		p.remove(keyLink, linkKey(l.ID))
		w.gone = append(w.gone, l.ID)
	case s.Changed:
		p.keep(&next)
		w.shown = append(w.shown, &next)
	}
	for _, k := range s.Stop {
		w.stop = append(w.stop, danceTag(k, l.ID))
	}
	if next.State == dance.Ended && !next.Outbound {
		w.stop = append(w.stop, tagVerify+"/"+l.ID)
	}
	for _, send := range s.Send {
		w.asks = append(w.asks, p.send(&next, send))
	}
	if next.State != l.State {
		p.tell(p.feature.event(&next))
	}
	return &next
}

func (p *part) keep(l *link) {
	p.links = p.links.with(l)
	p.put(keyLink, linkKey(l.ID), p.encodeLink(l))
}

// apply runs choose on the part, and does what it leaves: all of it, or after an error, of which the app may think little, nothing.
func (f *Channels) apply(tx *actor.Tx, choose func(p *part, w *work) error) (err error) {
	var w work
	var undo func()
	sent := f.opt.Fetches.Mark(tx)
	f.use(tx, func(p *part) {
		undo = p.mark()
		err = choose(p, &w)
	})
	if err == nil {
		err = f.finish(tx, &w)
	}
	if err != nil {
		var back work
		f.use(tx, func(p *part) {
			undo()
			back = p.rows(&w)
		})
		sent()
		_ = f.show(tx, &back) // the first error is told
	}
	return err
}

// mark returns what takes the part back to where it is now.
func (p *part) mark() (undo func()) {
	state, ops, closed := p.state, len(p.ops), len(p.closed)
	return func() { p.state, p.ops, p.closed = state, p.ops[:ops], p.closed[:closed] }
}

// finish does what a step has left, in the same transaction.
func (f *Channels) finish(tx *actor.Tx, w *work) error {
	f.stop(tx, w.stop)
	for _, r := range w.asks {
		if _, err := f.opt.Fetches.Ask(tx, r, AnswerMethod); err != nil {
			return err
		}
	}
	return f.show(tx, w)
}

// stop ends what is under way with some tags.
func (f *Channels) stop(tx *actor.Tx, tags []string) {
	if len(tags) == 0 {
		return
	}
	for id, tag := range f.opt.Fetches.Waiting(tx) {
		if slices.Contains(tags, tag) {
			f.opt.Fetches.Cancel(tx, id)
		}
	}
}

// step runs one input of the dance on a subscription: choose returns what comes of it.
func (f *Channels) step(tx *actor.Tx, id string, choose func(p *part, l *link, w *work) error) error {
	return f.apply(tx, func(p *part, w *work) error {
		if l := p.links.get(id); l != nil {
			return choose(p, l, w)
		}
		return errNoLink
	})
}
