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
	child, err := parent.scope().Narrow(scope)
	if err != nil {
		return "", err
	}
	parents := append(slices.Clone(parent.Parents), parent.ID)
	return a.mint(&claims{Owner: parent.Owner, ID: newID(), Device: parent.Device, Parents: parents}, child, ttl)
}
