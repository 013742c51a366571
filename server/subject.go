package server

import (
	"errors"
	"fmt"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// Subject is whom a rule is about.
type Subject struct {
	subject policy.Subject
	err     error
}

// Principal means an owner (bob), one CA (bob/home), or either in another app (tweetiot:bob).
func Principal(principal string) Subject {
	n, err := name.Parse(principal)
	return Subject{policy.Principal(n), err}
}

// Anyone means everybody who is signed in.
func Anyone() Subject { return Subject{subject: policy.Anyone()} }

// Known means principals who have changed something here n times already.
func Known(n uint64) Subject { return Subject{subject: policy.Known(n)} }

// Group means the members of a group: a map of this CA (acl), or any CA's (carol/home/friends, tweetiot:carol/home/friends).
//
// A group's keys are its members: an owner with all their CAs (bob), one CA (bob/home), or either in another app (tweetiot:bob). Keys with three parts
// (dan/home/team) are links to other groups, whose owners so decide with the group's own; they are followed over three groups, the named one
// included, unless Depth says otherwise. An entry whose value is false or null does not count. A change of a group counts from the next message on.
//
// Of a group that its owner does not let this CA read, nobody is a member for Allow; what Deny says of it leaves callers with unavailable.
func Group(of string) Subject {
	if name.CheckLabel(of) == nil {
		return Subject{subject: policy.Group(name.Name{Item: of}, 0)}
	}
	n, err := name.Parse(of)
	switch {
	case err != nil:
	case n.Kind() != name.Item:
		err = fmt.Errorf("group %s: a group is named by its map, acl or carol/home/friends", of)
	case n.Host != "":
		err = fmt.Errorf("group %s: it is on another server", of)
	}
	return Subject{policy.Group(n, 0), err}
}

// Depth says over how many groups a Group is followed, from 1 (its own members only) to 8.
func (s Subject) Depth(groups int) Subject {
	if s.err == nil && s.subject.Kind != policy.KindGroup {
		s.err = errors.New("depth: only groups have one")
	}
	s.subject.N = uint64(max(0, groups)) // 0 is refused with the rule
	return s
}

// in completes a subject's name with that of the CA whose rule it is.
func (s Subject) in(self name.Name) policy.Subject {
	n := &s.subject.Name
	switch {
	case s.subject.Kind == policy.KindGroup && n.Owner == "":
		n.App, n.Owner, n.Local = self.App, self.Owner, self.Local
	case s.subject.Kind == policy.KindGroup || s.subject.Kind == policy.KindPrincipal:
		*n = n.In(self.App)
	}
	return s.subject
}
