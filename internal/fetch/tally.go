package fetch

import "github.com/wabgo/wab/internal/wire"

// tally counts a CA's fetches of one kind: the app's, or the framework's own.
type tally struct {
	count  int
	bytes  int // of their requests
	flying int // those with a flight
}

// How many calls of a CA are under way or answered at a time.
const (
	atOnceApp   = 8
	atOnceAsked = 16
)

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

func (q *pending) atOnce() int {
	if q.asked {
		return atOnceAsked
	}
	return atOnceApp
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
