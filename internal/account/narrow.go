package account

import (
	"slices"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Narrow makes a token that opens no more than token does and ends no later. Fields of scope that are left empty stay as they are;
// the others must lie within the parent's. ttl is as for Mint.
//
// Errors: unauthenticated as Verify, not_allowed where scope would widen, bad_request and too_large as Mint.
func (a *Accounts) Narrow(token string, scope policy.Scope, ttl time.Duration) (string, error) {
	parent, err := a.verify(token)
	if err != nil {
		return "", err
	}
	if len(parent.Parents) >= maxParents {
		return "", wire.Err(wire.BadRequest, "This token has been narrowed too often: narrow an earlier one.")
	}
	child, err := within(parent.scope(), scope)
	if err != nil {
		return "", err
	}
	return a.mint(parent.Owner, child, ttl, append(slices.Clone(parent.Parents), parent.ID))
}

// within is what asked leaves of parent. A list of methods that became empty would read as all of them, so nothing is ever cut: what lies outside is refused.
func within(parent, asked policy.Scope) (policy.Scope, error) {
	child := parent
	if asked.App != "" {
		if parent.App != "" && asked.App != parent.App {
			return child, widens("app")
		}
		child.App = asked.App
	}
	if asked.CA != "" {
		if parent.CA != "" && asked.CA != parent.CA {
			return child, widens("ca")
		}
		child.CA = asked.CA
	}
	if len(asked.Methods) > 0 {
		if len(parent.Methods) > 0 && !subset(asked.Methods, parent.Methods) {
			return child, widens("methods")
		}
		child.Methods = asked.Methods
	}
	child.Expires = earlier(parent.Expires, asked.Expires)
	return child, nil
}

func widens(field string) error {
	return wire.Err(wire.NotAllowed, "A token can only be narrowed: its "+field+" would reach further than the token you hold.")
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(m string) bool { return !slices.Contains(all, m) })
}

// earlier of two instants, 0 being never.
func earlier(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
