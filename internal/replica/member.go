package replica

import (
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// maxNested bounds decisions that depend on decisions: whether A may look into B's group may itself depend on a group.
const maxNested = 4

// Member tells whether a principal is in a group. It makes the Hub the bus's Groups.
func (h *Hub) Member(r bus.Reader, group, principal name.Name, depth int) policy.Membership {
	l := lookups.Get().(*lookup)
	defer l.release()
	l.hub, l.reader, l.asker = h, r, h.known(r.Root)
	if r.Turn != nil {
		l.part, _ = r.Turn.Part(h).(*part)
	}
	return policy.Walk(l, group, principal, depth)
}

var lookups = sync.Pool{New: func() any { return new(lookup) }}

func (l *lookup) release() {
	*l = lookup{}
	lookups.Put(l)
}

// lookup shows groups to one CA's policy.
type lookup struct {
	hub    *Hub
	reader bus.Reader
	asker  *writer // of the CA whose decision all this is for, nil if there is none
	part   *part   // of the CA, in its turn; nil if it has used no maps
}

// Group is a group as the CA sees it.
func (l *lookup) Group(group name.Name) (policy.GroupView, policy.State) {
	ca := group.CA()
	switch {
	case group.Host != "":
		return nil, policy.Missing
	case !l.reader.Look():
		return nil, policy.Spent
	}
	l.note(group) // before the look: what changes after it is told
	if ca != l.reader.CA {
		if l.reader.Nested >= maxNested {
			return nil, policy.Missing
		}
		if d := l.hub.opt.Judge(ca, l.reader.CA, group.Item, l.reader); !d.Allowed {
			return nil, stateOf(d)
		}
	}
	s, err := l.shown(ca, group.Item)
	if err != nil {
		return nil, policy.Missing
	}
	return s, policy.Ready
}

func stateOf(d policy.Decision) policy.State {
	if d.Refusal().Code == wire.Unavailable {
		return policy.Missing
	}
	return policy.Locked
}

// shown is a map as the CA sees it: in its turn, as of the turn's beginning.
func (l *lookup) shown(ca name.Name, label string) (*shown, error) {
	if ca == l.reader.CA && l.part != nil {
		h, err := l.part.head(label)
		if err != nil {
			return nil, err
		}
		return h.shown, nil
	}
	var v *view
	var err error
	switch {
	case l.part != nil:
		v, err = l.part.look(ca)
	case l.asker != nil && ca == l.asker.name: // it is at hand
		v, err = l.asker.load()
	default:
		v, err = l.hub.writer(ca).load()
	}
	if err != nil {
		return nil, err
	}
	return v.at(label), nil
}

// note remembers that a CA's policy rests on a group and on who may look into it, if subscriptions or watches stand by that policy.
func (l *lookup) note(group name.Name) {
	if l.asker == nil || !l.asker.listened.Load() {
		return
	}
	w := l.hub.writer(group.CA())
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked == nil {
		w.asked = map[asking]struct{}{}
	}
	w.asked[asking{l.reader.Root, group.Item}] = struct{}{}
}
