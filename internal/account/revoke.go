package account

import (
	"github.com/wabgo/wab/internal/wire"
)

// Revoke ends a token of ours and all that were narrowed from it, at once and for good: Verify refuses them from now on, and so after a restart.
// A token that has expired or is revoked already is left alone.
//
// Errors: unauthenticated for what is not a token of ours; quota once an owner has 10,000 narrowed tokens revoked that have not expired yet
// (revoke the token they came from); unavailable where it could not be written down: it is refused until the next restart, so try again.
func (a *Accounts) Revoke(token string) error {
	c, err := a.authentic(token)
	if err != nil {
		return err
	}
	return a.revoke(c)
}

func (a *Accounts) revoke(c *claims) error {
	now := a.clock.Now()
	if c.expired(now) {
		return nil
	}
	err := a.revoked.add(revocation{id: c.ID, expires: c.Expires, owner: c.Owner, narrowed: len(c.Parents) > 0}, now)
	switch {
	case err == errRevocationQuota:
		return wire.Err(wire.Quota, "Too many revoked tokens have not expired yet: revoke the token they were narrowed from.")
	case err != nil:
		a.log.Error("a revocation was not saved", "owner", c.Owner, "err", err)
		a.hooks.call(c.Owner)
		return wire.Retry(wire.Unavailable, "The token is refused from now on, but this could not be saved: try again.", 1000)
	}
	a.log.Info("token revoked", "owner", c.Owner, "token", c.ID)
	a.hooks.call(c.Owner)
	return nil
}
