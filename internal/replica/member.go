package replica

import (
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// maxNested bounds decisions that depend on decisions: whether A may look into B's group may itself depend on a group.
const maxNested = 4

// Member tells whether a principal is in a group. It makes the Hub the bus's Groups.
func (h *Hub) Member(r bus.Reader, group, principal name.Name, depth int) policy.Membership {
	l := lookup{hub: h, reader: r}
	if r.Turn != nil {
		l.part, _ = r.Turn.Part(h).(*part)
	}
	return policy.Walk(&l, group, principal, depth)
}

// lookup shows groups to one CA's policy.
type lookup struct {
	hub    *Hub
	reader bus.Reader
	part   *part // of the CA, in its turn; nil if it has used no maps
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
	if ca != l.reader.CA {
		switch {
		case l.reader.Nested >= maxNested:
			return nil, policy.Missing
		default:
			d := l.hub.opt.Judge(ca, l.reader.CA, group.Item, l.reader)
			if !d.Allowed {
				l.hub.note(ca, l.reader.CA)
				return nil, stateOf(d)
			}
		}
	}
	s, err := l.shown(ca, group.Item)
	if err != nil {
		return nil, policy.Missing
	}
	return groupView{s, group}, policy.Ready
}

func stateOf(d policy.Decision) policy.State {
	if d.Refusal().Code == "unavailable" {
		return policy.Missing
	}
	return policy.Locked
}

func (l *lookup) shown(ca name.Name, label string) (shown, error) {
	own := ca == l.reader.CA
	if own && l.part != nil {
		h, err := l.part.head(label)
		if err != nil {
			return shown{}, err
		}
		return shown{label, h.m, h.links}, nil
	}
	if l.part != nil {
		v, err := l.part.look(ca)
		if err != nil {
			return shown{}, err
		}
		l.hub.note(ca, l.reader.CA)
		return v.at(label), nil
	}
	w := l.hub.writer(ca)
	v, err := w.load()
	if err != nil {
		return shown{}, err
	}
	l.hub.note(ca, l.reader.CA)
	return v.at(label), nil
}

// note remembers that a CA's policy has looked into another's maps, or was refused to, if there are subscriptions that stand by that policy.
func (h *Hub) note(ca, reader name.Name) {
	asker := h.known(reader)
	if asker == nil || !asker.listened.Load() {
		return
	}
	w := h.writer(ca)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked == nil {
		w.asked = map[name.Name]struct{}{}
	}
	w.asked[reader] = struct{}{}
}

// groupView is a map as a group.
type groupView struct {
	shown
	name name.Name
}

func (g groupView) Name() string                       { return g.name.String() }
func (g groupView) Get(key string) (v []byte, ok bool) { return g.m.Get(key) }
func (g groupView) Links() []name.Name                 { return g.links.names }
