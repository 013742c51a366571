package policy

import (
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Scope is what a token is narrowed to. It limits what the token's owner can reach with it, and says nothing about who that is.
// An empty field does not limit; the zero Scope permits everything.
type Scope struct {
	App     string   // only CAs of this app
	CA      string   // only the CA of this name, owner/local, in whichever app App leaves
	Methods []string // only these methods, and maps by their labels; none means all
	Expires int64    // until this instant, µs UTC; 0 never
}

// Permits tells whether a token of this scope opens a method of a CA now (µs UTC). The empty method stands for opening the CA, which
// any of its methods permits. Errors are *wire.Error: unauthenticated once expired, not_allowed outside of the scope.
func (s Scope) Permits(to name.Name, method string, now int64) error {
	if s.Expires != 0 && now >= s.Expires {
		return wire.Err(wire.Unauthenticated, "This token has expired. Sign in again.")
	}
	if s.reaches(to) && (method == "" || len(s.Methods) == 0 || slices.Contains(s.Methods, method)) {
		return nil
	}
	return wire.Err(wire.NotAllowed, "This token is narrowed to "+s.describe()+". Use one that opens "+target(to, method)+".")
}

// reaches compares without building a string. CAs of other servers are outside of every scope that names a CA.
func (s Scope) reaches(to name.Name) bool {
	if s.App != "" && s.App != to.App {
		return false
	}
	if s.CA == "" {
		return true
	}
	owner, local, _ := strings.Cut(s.CA, "/")
	return owner == to.Owner && local == to.Local && to.Local != "" && to.Host == ""
}

// Narrow limits a scope further: it opens what both open. An empty field of to leaves the scope's own, and the earlier end counts.
// An app, a CA or a method that lies outside of the scope is refused with not_allowed, rather than dropped without a word.
func (s Scope) Narrow(to Scope) (Scope, error) {
	if to.App != "" && s.App != "" && to.App != s.App {
		return Scope{}, s.widens("the app " + clip(to.App))
	}
	if to.CA != "" && s.CA != "" && to.CA != s.CA {
		return Scope{}, s.widens("the CA " + clip(to.CA))
	}
	for _, m := range to.Methods {
		if len(s.Methods) > 0 && !slices.Contains(s.Methods, m) {
			return Scope{}, s.widens(things([]string{m}))
		}
	}
	if to.App != "" {
		s.App = to.App
	}
	if to.CA != "" {
		s.CA = to.CA
	}
	if len(to.Methods) > 0 {
		s.Methods = slices.Clone(to.Methods)
	}
	s.Expires = earlier(s.Expires, to.Expires)
	return s, nil
}

func (s Scope) widens(what string) error {
	return wire.Err(wire.NotAllowed, "A token can only be narrowed. Yours is limited to "+s.describe()+"; "+what+" lies outside.")
}

// earlier of two instants, where 0 is never.
func earlier(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// describe says in words what is left: "the app counter, the CA alice/home, the methods Add, Get".
func (s Scope) describe() string {
	var parts []string
	if s.App != "" {
		parts = append(parts, "the app "+clip(s.App))
	}
	if s.CA != "" {
		parts = append(parts, "the CA "+clip(s.CA))
	}
	if len(s.Methods) > 0 {
		parts = append(parts, things(s.Methods))
	}
	return strings.Join(parts, ", ")
}
