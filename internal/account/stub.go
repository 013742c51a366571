package account

import (
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Stub is what its issuer keeps of a token that it gives away: it opens nothing, but the token can be revoked by it.
type Stub struct {
	ID      string
	Expires int64 // seconds since 1970; 0: never
}

// MintStub is Mint for a token that a CA gives away, narrowed to an app, a CA and methods. The token is revoked by its stub, if at all, so it counts as
// narrowed: the error is quota once 10,000 of an owner's are revoked and have not expired yet.
func (a *Accounts) MintStub(owner string, scope policy.Scope, ttl time.Duration) (string, Stub, error) {
	if scope.App == "" || scope.CA == "" || len(scope.Methods) == 0 {
		return "", Stub{}, wire.Err(wire.BadRequest, "A token for others names the app, the CA and the methods that it opens.")
	}
	if a.revoked.full(owner, a.clock.Now()) {
		return "", Stub{}, wire.Err(wire.Quota, "Too many of your revoked tokens have not expired yet: make tokens that last less long, and less often.")
	}
	return a.mint(owner, scope, ttl, nil)
}

// RevokeStub is Revoke for a token that MintStub has made for the owner. It has no quota, for MintStub has one: such a token can always be revoked.
//
// The error is unavailable where it could not be written down: the token is refused until the next restart, so try again.
func (a *Accounts) RevokeStub(owner string, s Stub) error {
	return a.end(revocation{id: s.ID, expires: s.Expires, owner: owner, narrowed: true}, false)
}

// Refuse has Verify refuse the token from now on, and does not wait: RevokeStub, which tells open connections of it and writes it down, has yet to follow.
func (a *Accounts) Refuse(owner string, s Stub) {
	r := revocation{id: s.ID, expires: s.Expires, owner: owner, narrowed: true}
	if !r.past(a.clock.Now()) {
		a.revoked.insert(r)
	}
}

// full tells whether an owner has used up the quota.
func (r *revocations) full(owner string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.living(owner, now) >= maxRevokedOwner
}
