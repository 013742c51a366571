package bus

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// Groups tells who is in which group. It answers from what this process holds, at once: it waits for nobody, least of all for a CA's turn.
type Groups interface {
	// Member tells whether a principal is in a group, or in one that it links to, over at most depth groups. Group is complete but for its host.
	Member(reader Reader, group, principal name.Name, depth int) policy.Membership
}

// Reader is the CA whose policy asks about a group, with that CA's right to read it.
type Reader struct {
	CA   name.Name
	Root name.Name // whose decision all this is for in the end: the CA itself, unless others wait for it
	Turn *actor.CA // while that CA handles a message: groups are seen as of its beginning. Nil out of its turn: as they are
	// Nested counts the decisions that wait for this one: whether a group may be read can itself depend on groups. There is an end to that.
	Nested int

	looks *int // how many groups may still be looked into, for the first of those decisions and all that it needs
}

// Look counts a group that is about to be looked into. It reports false when there were policy.MaxGroups already, for this decision and those that wait for it:
// whoever's rules rest on groups whose owners' rules rest on groups must not take others' time without an end.
func (r Reader) Look() bool {
	if r.looks == nil {
		return true
	}
	if *r.looks == 0 {
		return false
	}
	*r.looks--
	return true
}

// waits tells whether a decision waits for an answer at all.
func (r Reader) waits() bool { return r.CA != (name.Name{}) }

// member asks about a group. Without Groups nobody knows.
func (g *Gate) member(r Reader, group, principal name.Name, depth int) policy.Membership {
	if g.Groups == nil {
		return policy.Membership{}
	}
	return g.Groups.Member(r, group, principal, depth)
}
