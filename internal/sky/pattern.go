package sky

import "github.com/wabgo/wab/internal/wire"

// Pattern says which events are meant, or which queries: Domain is the ruleset then, and Type the name. Each is exact, or Any.
type Pattern struct{ Domain, Type string }

// Matches tells whether an event, or a query, is meant. The zero Pattern matches nothing.
func (p Pattern) Matches(domain, typ string) bool {
	return (p.Domain == Any || p.Domain == domain && domain != "") && (p.Type == Any || p.Type == typ && typ != "")
}

// Check tells what is wrong with the pattern; nil if nothing is. The error is bad_request.
func (p Pattern) Check() *wire.Error {
	if flaw := checkPart("A pattern's domain", p.Domain); flaw != nil {
		return flaw
	}
	return checkPart("A pattern's type", p.Type)
}

func checkPart(what, s string) *wire.Error {
	if s == Any || checkWord(what, s) == nil {
		return nil
	}
	return wire.Err(wire.BadRequest, what+` is a word as events have it, or "*" for any.`)
}
