package policy

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Facts are what only the running system knows. A nil Facts knows of no interactions and of no group.
type Facts interface {
	// Accepted is how many interactions of a principal the CA has accepted; false where it cannot be told now.
	Accepted(principal name.Name) (n uint64, known bool)
	// Member tells whether a principal is in a group, or in one that it links to over at most depth groups.
	Member(group, principal name.Name, depth int) Membership
}

// DefaultRule is the Rule of a Decision that no rule made: the CA's own owner may, others may not.
const DefaultRule = -1

// Decision is what the rules say about one call.
type Decision struct {
	Allowed bool
	Code    wire.Code // empty if allowed, else not_allowed, or unavailable if it cannot be decided now
	Rule    int       // the index of the rule that decided, or DefaultRule
	Chain   Chain     // the groups through which that rule reached the caller

	doubt        Doubt  // why it is unavailable, or which group could not be read
	about        string // the group of the doubt
	self, caller name.Name
	method       string
	rule         *Rule // nil for DefaultRule
}

// open is a rule about a group of which not enough is known.
type open struct {
	rule  int
	doubt Doubt
	about string
}

// Decide tells whether a caller may call a method of a CA (self, a complete name), or read its map of that label. The caller's name bears the
// app that it acts in; a name without one is not the owner's. The empty method stands for opening the CA, which whoever may call or read
// something may do. It allocates nothing and asks Facts only for rules about this method.
//
// An unknown membership makes the decision unavailable where it could turn it; rules are weighed apart, so a group that is both allowed
// and denied counts as open although the deny would win either way. A group that its owner does not let be read has no members for an allow,
// and leaves a deny open.
func Decide(self, caller name.Name, method string, rules Rules, facts Facts) Decision {
	return decide(self, caller, method, rules, facts, false)
}

// DecideNamed is Decide for what a rule has to name: one that allows all methods and maps doesn't count, for who made it may not have thought of this.
func DecideNamed(self, caller name.Name, method string, rules Rules, facts Facts) Decision {
	return decide(self, caller, method, rules, facts, true)
}

func decide(self, caller name.Name, method string, rules Rules, facts Facts, named bool) Decision {
	d := Decision{Rule: DefaultRule, self: self, caller: caller, method: method}
	d.Allowed = self.Local != "" && self.AsOwner().Covers(caller)
	deny, allow := open{rule: DefaultRule}, open{rule: DefaultRule}
	for i := range rules.list {
		r := &rules.list[i]
		if !r.names(method) || d.Allowed && !r.Deny || named && !r.Deny && len(r.Methods) == 0 {
			continue
		}
		switch m := r.Who.includes(self, caller, facts); {
		case m.Answer == Yes && r.Deny:
			d.settle(wire.NotAllowed, i, r, m.Chain)
			return d
		case m.Answer == Yes:
			d.Allowed, d.Rule, d.Chain = true, i, m.Chain
		case m.Answer == No:
		case r.Deny:
			deny = open{i, m.Doubt, m.About}
		case m.Answer == Closed:
			d.doubt, d.about = m.Doubt, m.About
		default:
			allow = open{i, m.Doubt, m.About}
		}
	}
	d.conclude(rules, deny, allow)
	return d
}

// Undecided is the decision where not even the rules could be read: unavailable.
func Undecided(self, caller name.Name, method string) Decision {
	return Decision{Rule: DefaultRule, Code: wire.Unavailable, self: self, caller: caller, method: method}
}

// conclude weighs what is unknown: it counts only where it could turn the decision.
func (d *Decision) conclude(rules Rules, deny, allow open) {
	switch {
	case d.Allowed && deny.rule != DefaultRule:
		d.leave(deny, rules)
	case d.Allowed && d.Rule != DefaultRule:
		d.rule = &rules.list[d.Rule]
	case d.Allowed:
	case allow.rule != DefaultRule:
		d.leave(allow, rules)
	default:
		d.Code = wire.NotAllowed
	}
}

// settle says no, by a rule.
func (d *Decision) settle(code wire.Code, i int, r *Rule, chain Chain) {
	d.Allowed, d.Code, d.Rule, d.rule, d.Chain = false, code, i, r, chain
}

// leave has a decision open, for want of what a rule is about.
func (d *Decision) leave(o open, rules Rules) {
	d.doubt, d.about = o.doubt, o.about
	d.settle(wire.Unavailable, o.rule, &rules.list[o.rule], Chain{})
}
