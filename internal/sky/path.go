package sky

import (
	"strings"

	"github.com/wabgo/wab/internal/wire"
)

// Form is which of the Event API's paths was used.
type Form uint8

// The forms; see the package.
const (
	SkyEvent   Form = iota + 1 // an event, answered with its directives
	SkyCloud                   // a query
	CEvent                     // an event, answered at once with its id
	CEventWait                 // an event, answered with its directives
	CQuery                     // a query
)

// Query tells whether the form asks, and raises nothing.
func (f Form) Query() bool { return f == SkyCloud || f == CQuery }

// Path is what a path of the Event API names. EID is empty where the event has no id. Of a query, Domain is the ruleset and Type the name.
type Path struct {
	Form                   Form
	ECI, EID, Domain, Type string
}

// Placeholders in shapes.
const (
	anECI   = "{eci}"
	anEID   = "{eid}"
	aDomain = "{domain}"
	aType   = "{type}"
)

// longest is how many segments a path may have.
const longest = 6

// A shape is how a form is written.
type shape struct {
	form  Form
	gap   bool // only where an empty segment stood in the place of the id
	parts []string
}

var shapes = []shape{
	{SkyEvent, false, []string{"sky", "event", anECI, anEID, aDomain, aType}},
	{SkyEvent, true, []string{"sky", "event", anECI, aDomain, aType}},
	{SkyCloud, false, []string{"sky", "cloud", anECI, aDomain, aType}},
	{CEvent, false, []string{"c", anECI, "event", aDomain, aType}},
	{CEventWait, false, []string{"c", anECI, "event-wait", aDomain, aType}},
	{CQuery, false, []string{"c", anECI, "query", aDomain, aType}},
}

// ParsePath reads an escaped path, without a query. Errors are not_found for what is no path of the Event API, ErrUnknownECI where no channel can be
// meant, and bad_request for bad escapes and words.
func ParsePath(escaped string) (Path, *wire.Error) {
	s := cut(escaped)
	if s.malformed {
		return Path{}, wire.Err(wire.BadRequest, "The path has an escape that is none: % is followed by two hexadecimal digits.")
	}
	for _, shape := range shapes {
		if p, ok := s.match(shape); ok {
			return p, p.check()
		}
	}
	return Path{}, wire.Err(wire.NotFound, "There is nothing at this path. Events go to /sky/event/{eci}/{eid}/{domain}/{type}, queries to /sky/cloud/{eci}/{ruleset}/{name}.")
}

func (p Path) check() *wire.Error {
	switch {
	case !IsECI(p.ECI):
		return ErrUnknownECI
	case p.Form.Query():
		return CheckQuery(p.Domain, p.Type)
	}
	if flaw := CheckEID(p.EID); flaw != nil {
		return flaw
	}
	return CheckEvent(p.Domain, p.Type)
}

// segments are those of a path that are not empty, unescaped.
type segments struct {
	part      [longest + 1]string // one more than any path has
	n         int
	gap       bool // an empty one stood where the id does
	malformed bool
}

func cut(escaped string) (s segments) {
	for rest := escaped; rest != "" && s.n < len(s.part); {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		if part == "" {
			s.gap = s.gap || s.n == 3
			continue
		}
		whole, ok := unescape(part, false)
		s.malformed = s.malformed || !ok
		s.part[s.n] = whole
		s.n++
	}
	return s
}

func (s *segments) match(to shape) (p Path, ok bool) {
	if s.n != len(to.parts) || to.gap && !s.gap {
		return p, false
	}
	p.Form = to.form
	for i, part := range to.parts {
		if !p.take(part, s.part[i]) {
			return p, false
		}
	}
	return p, true
}

// take reads one segment as what stands in its place in a shape.
func (p *Path) take(part, segment string) bool {
	switch part {
	case anECI:
		p.ECI = segment
	case anEID:
		if segment != noID {
			p.EID = segment
		}
	case aDomain:
		p.Domain = segment
	case aType:
		p.Type = segment
	default:
		return part == segment
	}
	return true
}
