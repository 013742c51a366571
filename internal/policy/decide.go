package policy

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Facts are what only the running system knows. A nil Facts knows of no interactions and of no group.
type Facts interface {
	// Accepted is how many interactions of a principal the CA has accepted.
	Accepted(principal name.Name) uint64
	// Member tells whether a principal is in a group, or in one that it links to over at most depth groups.
	Member(group, principal name.Name, depth int) Membership
}

// Answer is what is known about a membership.
type Answer uint8

// The answers. Not knowing is the zero one, so that nothing forgotten reads as a no to a deny or a yes to an allow.
const (
	Unknown Answer = iota // the group has not arrived, or is cut off
	No
	Yes
)

// Membership answers whether a principal is in a group.
type Membership struct {
	Answer Answer
	Chain  []string // on Yes: the groups that led there, from the one that the rule names
}

func answer(yes bool) Membership {
	if yes {
		return Membership{Answer: Yes}
	}
	return Membership{Answer: No}
}

// DefaultRule is the Rule of a Decision that no rule made: the CA's own owner may, others may not.
const DefaultRule = -1

// Decision is what the rules say about one call.
type Decision struct {
	Allowed bool
	Code    wire.Code // empty if allowed, else not_allowed, or unavailable if it cannot be decided now
	Rule    int       // the index of the rule that decided, or DefaultRule
	Chain   []string  // the groups through which that rule reached the caller

	self, caller name.Name
	method       string
	rule         Rule
}

// Decide tells whether a caller may call a method of a CA (self, a complete name). The caller's name bears the app that it acts in;
// a name without one is not the owner's. The empty method stands for opening the CA, which whoever may call something may do.
// It allocates nothing and asks Facts only for rules about this method.
//
// An unknown membership makes the decision unavailable where it could turn it; rules are weighed apart, so a group that is both allowed
// and denied counts as open although the deny would win either way.
func Decide(self, caller name.Name, method string, rules Rules, facts Facts) Decision {
	d := Decision{Rule: DefaultRule, self: self, caller: caller, method: method}
	d.Allowed = self.Local != "" && self.AsOwner().Covers(caller)
	openDeny, openAllow := DefaultRule, DefaultRule // rules that might apply: nobody knows
	for i := range rules.list {
		r := &rules.list[i]
		if !r.names(method) || d.Allowed && !r.Deny {
			continue
		}
		switch m := r.Who.includes(self, caller, facts); {
		case m.Answer == Yes && r.Deny:
			return d.settle(false, wire.NotAllowed, i, *r, m.Chain)
		case m.Answer == Yes:
			d.Allowed, d.Rule, d.Chain = true, i, m.Chain
		case m.Answer == No:
		case r.Deny:
			openDeny = i
		default:
			openAllow = i
		}
	}
	return d.conclude(rules, openDeny, openAllow)
}

// conclude weighs what is unknown: it counts only where it could turn the decision.
func (d Decision) conclude(rules Rules, openDeny, openAllow int) Decision {
	switch {
	case d.Allowed && openDeny >= 0:
		return d.settle(false, wire.Unavailable, openDeny, rules.list[openDeny], nil)
	case d.Allowed && d.Rule >= 0:
		d.rule = rules.list[d.Rule]
	case d.Allowed:
	case openAllow >= 0:
		return d.settle(false, wire.Unavailable, openAllow, rules.list[openAllow], nil)
	default:
		d.Code = wire.NotAllowed
	}
	return d
}

func (d Decision) settle(allowed bool, code wire.Code, i int, r Rule, chain []string) Decision {
	d.Allowed, d.Code, d.Rule, d.rule, d.Chain = allowed, code, i, r, chain
	return d
}
