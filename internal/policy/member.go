package policy

import "github.com/wabgo/wab/internal/name"

// seeker looks for a principal in groups.
type seeker struct {
	principal name.Name
	spelling  string // app:owner/local, once it is needed; the other keys are parts of it
}

// in tells whether an entry of a group stands for the principal: its owner's, or its own; without an app where the group is of the same one.
func (s *seeker) in(view GroupView, group name.Name) bool {
	p := &s.principal
	switch {
	case p.App == "" || p.Owner == "" || p.Item != "":
		return false // nobody in particular
	case p.Host != group.Host:
		return p.Host != "" && s.abroad(view, group)
	case p.App != group.App:
		return s.byFull(view)
	}
	return view.Has(p.Owner) || p.Local != "" && view.Has(s.spelled()[len(p.App)+1:]) || s.byFull(view)
}

// byFull looks for the keys with an app.
func (s *seeker) byFull(view GroupView) bool {
	owner := len(s.principal.App) + 1 + len(s.principal.Owner)
	return view.Has(s.spelled()[:owner]) || s.principal.Local != "" && view.Has(s.spelled())
}

func (s *seeker) spelled() string {
	if s.spelling == "" {
		here := s.principal
		here.Host = ""
		s.spelling = here.String()
	}
	return s.spelling
}

// abroad looks for a principal of another server than the group's: its keys bear its host.
func (s *seeker) abroad(view GroupView, group name.Name) bool {
	for _, n := range [...]name.Name{s.principal.AsOwner(), s.principal} {
		if view.Has(n.String()) {
			return true
		}
		if n.App == group.App {
			n.App = ""
			if view.Has(n.String()) {
				return true
			}
		}
	}
	return false
}
