package fetch

import "github.com/wabgo/wab/internal/wire"

// tally counts a CA's fetches of one kind: the app's, or the framework's own.
type tally struct {
	count  int
	bytes  int // of their requests
	flying int // those with a flight
}

// How many calls of a CA are under way or answered at a time. Of the framework's own, those that have failed before and minor ones leave places for others: who does
// not answer takes as long as a call may, and a stranger may bring many of those.
const (
	atOnceApp   = 8
	atOnceAsked = 16
	atOnceAgain = 8 // of them
	atOnceMinor = 4 // of them
)

// places are those that are taken.
type places struct{ app, asked, again, minor int }

func (p *part) taken() (t places) {
	for _, q := range p.all {
		if q.flight != nil {
			t.take(q)
		}
	}
	return t
}

func (t *places) take(q *pending) {
	if !q.asked {
		t.app++
		return
	}
	t.asked++
	if q.tries > 0 {
		t.again++
	}
	if q.minor {
		t.minor++
	}
}

// room tells whether there is a place.
func (t *places) room(q *pending) bool {
	if !q.asked {
		return t.app < atOnceApp
	}
	return t.asked < atOnceAsked && (q.tries == 0 || t.again < atOnceAgain) && (!q.minor || t.minor < atOnceMinor)
}

func (t *tally) add(size int) {
	t.count++
	t.bytes += size
}

func (t *tally) remove(size int) {
	t.count--
	t.bytes -= size
}

// tally is that of a fetch's kind.
func (p *part) tally(q *pending) *tally {
	if q.asked {
		return &p.ours
	}
	return &p.app
}

// full tells why the CA can't ask for one more call.
func (p *part) full(q *pending) *wire.Error {
	most, many := MaxPending, errMany
	if q.asked {
		most, many = MaxAsked, errAsked
	}
	t := p.after(q.asked)
	switch {
	case p.ca.Doomed():
		return errDoomed
	case t.count >= most:
		return many
	case t.bytes+q.size > MaxBytes:
		return errBytes
	}
	return nil
}

// after is the tally of a kind as the message being handled leaves it.
func (p *part) after(asked bool) tally {
	t := *p.tally(&pending{asked: asked})
	for _, f := range p.fresh {
		if f.asked == asked {
			t.add(f.size)
		}
	}
	for _, r := range p.removed {
		if r.asked == asked {
			t.remove(r.size)
		}
	}
	return t
}
