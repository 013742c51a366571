package policy

import "github.com/wabgo/wab/internal/name"

// MaxGroups is how many groups one decision looks into. Where that is not enough the answer is Unknown.
const MaxGroups = 1000

// Walk tells whether a principal is in a group, or in one that it links to, over at most depth groups (MaxDepth at most); 1 means the
// group's own members. Groups are visited once each, the nearest first, so that cycles do no harm and the chain is a shortest one.
//
// A member is named by itself (bob/home) or by its owner (bob), without an app if the group is of the same one.
//
// A group that can't be looked into matters only if no other one says Yes. Then the answer is Unknown if one is missing, or there are
// more than MaxGroups, and else Closed.
func Walk(groups Groups, group, principal name.Name, depth int) Membership {
	var w walk
	var near [8]step // enough for most: a decision should need no memory
	steps := append(near[:0], step{group: group, from: root})
	who := seeker{principal: principal}
	for i := 0; i < len(steps); i++ {
		view, state := groups.Group(steps[i].group)
		if state != Ready {
			w.pass(i, state)
			continue
		}
		steps[i].view = view
		if who.in(view, steps[i].group) {
			return Membership{Answer: Yes, Chain: chain(steps, i)}
		}
		if steps[i].depth+1 < min(depth, MaxDepth) {
			steps = w.follow(steps, i, view.Links())
		}
	}
	return w.doubtful(steps)
}

// step is a group on the way.
type step struct {
	group name.Name
	view  GroupView // once it was looked into
	from  int       // the step that links to it, or root
	depth int       // links from the first group
}

const root = -1

// walk is what a Walk has seen besides its steps, which are handed through: the first ones lie on its stack.
type walk struct {
	seen    map[name.Name]struct{} // the groups of the steps, once there are many
	away    int                    // the first step that is missing, as its place + 1; 0 for none
	shut    int                    // the same for one that may not be read
	crowded bool
}

// pass notes a group that can't be looked into.
func (w *walk) pass(i int, state State) {
	switch {
	case state == Spent:
		w.crowded = true
	case state == Locked && w.shut == 0:
		w.shut = i + 1
	case state == Missing && w.away == 0:
		w.away = i + 1
	}
}

// follow adds the groups that a group links to, but for those seen before.
func (w *walk) follow(steps []step, from int, links []name.Name) []step {
	in, depth := steps[from].group, steps[from].depth+1
	for _, to := range links {
		if to = to.In(in.App); to.Host == "" {
			to.Host = in.Host
		}
		switch {
		case w.saw(steps, to):
		case len(steps) == MaxGroups:
			w.crowded = true
			return steps
		default:
			steps = append(steps, step{group: to, from: from, depth: depth})
			w.remember(steps)
		}
	}
	return steps
}

// manySteps is where a search through the list begins to cost more than a map.
const manySteps = 16

// remember notes the last step.
func (w *walk) remember(steps []step) {
	switch n := len(steps); {
	case n == manySteps:
		w.seen = make(map[name.Name]struct{}, 2*manySteps)
		for i := range steps {
			w.seen[steps[i].group] = struct{}{}
		}
	case n > manySteps:
		w.seen[steps[n-1].group] = struct{}{}
	}
}

func (w *walk) saw(steps []step, group name.Name) bool {
	if w.seen != nil {
		_, ok := w.seen[group]
		return ok
	}
	for i := range steps {
		if steps[i].group == group {
			return true
		}
	}
	return false
}

// chain leads from the first group to a step.
func chain(steps []step, i int) (c Chain) {
	c.n = steps[i].depth + 1
	for ; i != root; i = steps[i].from {
		c.names[steps[i].depth] = steps[i].view.Name()
	}
	return c
}

// doubtful is the answer where nobody said Yes.
func (w *walk) doubtful(steps []step) Membership {
	switch {
	case w.away > 0:
		return Membership{Answer: Unknown, Doubt: Away, About: steps[w.away-1].group.String()}
	case w.crowded:
		return Membership{Answer: Unknown, Doubt: TooMany, About: steps[0].group.String()}
	case w.shut > 0:
		return Membership{Answer: Closed, Doubt: Shut, About: steps[w.shut-1].group.String()}
	}
	return answer(false)
}
