package policy

import (
	"strconv"

	"github.com/wabgo/wab/internal/name"
)

// How deep a group's links to other groups are followed: 1 is the group's own members only.
const (
	DefaultDepth = 3
	MaxDepth     = 8
)

// Kind says what a Subject means.
type Kind uint8

// The kinds of a Subject. The zero Kind means nobody.
const (
	KindPrincipal Kind = iota + 1 // an owner with all their CAs, or one CA
	KindAnyone                    // everybody who is authenticated
	KindKnown                     // who has N accepted interactions, or more
	KindGroup                     // the members of a group, and of those it links to
)

// Subject is whom a rule is about. Subjects compare with ==.
type Subject struct {
	Kind Kind
	Name name.Name // of the principal, or of the group's map; without an app it means the app of the CA that the rule belongs to
	N    uint64    // KindKnown: how many interactions; KindGroup: the depth
}

// Principal means an owner with all their CAs in an app, or one CA.
func Principal(n name.Name) Subject { return Subject{Kind: KindPrincipal, Name: n} }

// Anyone means everybody who is authenticated.
func Anyone() Subject { return Subject{Kind: KindAnyone} }

// Known means principals who have at least n accepted interactions with the CA.
func Known(n uint64) Subject { return Subject{Kind: KindKnown, N: n} }

// Group means the members of a group, given by its map, and of the groups it links to, up to a depth of 1 to MaxDepth. 0 stands for
// DefaultDepth.
func Group(of name.Name, depth int) Subject {
	if depth == 0 {
		depth = DefaultDepth
	}
	return Subject{Kind: KindGroup, Name: of, N: uint64(depth)}
}

// flaw is why no rule can be about s; empty if one can.
func (s Subject) flaw() string {
	switch s.Kind {
	case KindPrincipal:
		return s.nameFlaw("a principal is an owner or a CA", name.Owner, name.CA)
	case KindGroup:
		if s.N < 1 || s.N > MaxDepth {
			return "a group is followed 1 to " + strconv.Itoa(MaxDepth) + " deep"
		}
		return s.nameFlaw("a group is named by its map, owner/local/map", name.Item, name.Item)
	case KindKnown:
		if s.N == 0 {
			return "a known principal has at least 1 interaction"
		}
	case KindAnyone:
		if s.N != 0 {
			return "anyone has no number"
		}
	default:
		return "a rule is about a principal, anyone, known principals or a group"
	}
	if s.Name != (name.Name{}) {
		return "only principals and groups have names"
	}
	return ""
}

func (s Subject) nameFlaw(want string, a, b name.Kind) string {
	if s.Kind == KindPrincipal && s.N != 0 {
		return "a principal has no number"
	}
	if err := s.Name.Check(); err != nil {
		return err.Error()
	}
	if k := s.Name.Kind(); k != a && k != b {
		return want
	}
	return ""
}

// includes tells whether the caller is one of them, and for a group through which chain of groups.
func (s *Subject) includes(self, caller name.Name, facts Facts) Membership {
	switch s.Kind {
	case KindPrincipal:
		return answer(s.Name.In(self.App).Covers(caller))
	case KindAnyone:
		return answer(caller.Owner != "")
	case KindKnown:
		if caller.Owner == "" || facts == nil {
			return answer(false)
		}
		n, known := facts.Accepted(caller)
		if !known {
			return Membership{Doubt: Unread}
		}
		return answer(n >= s.N)
	case KindGroup:
		if facts != nil {
			return facts.Member(s.Name.In(self.App), caller, int(s.N))
		}
		return Membership{}
	}
	return answer(false)
}

func (s Subject) describe() string {
	switch s.Kind {
	case KindPrincipal:
		return clip(s.Name.String())
	case KindAnyone:
		return "anyone"
	case KindKnown:
		return "whoever has " + strconv.FormatUint(s.N, 10) + " accepted interactions"
	case KindGroup:
		return "the group " + clip(s.Name.String())
	}
	return "nobody"
}
