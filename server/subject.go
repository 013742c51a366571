package server

import (
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

// in completes a subject's name with the app of the CA whose rule it is.
func (s Subject) in(app string) policy.Subject {
	if s.subject.Kind == policy.KindPrincipal {
		s.subject.Name = s.subject.Name.In(app)
	}
	return s.subject
}
