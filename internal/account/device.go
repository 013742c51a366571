package account

import (
	"slices"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// MintDevice is Mint for a device of a CA, with the id that the CA is to keep: the token is good while Options.Device gives that id. The scope names the app, the CA and
// the methods.
func (a *Accounts) MintDevice(owner, device string, scope policy.Scope, ttl time.Duration) (token, id string, err error) {
	if device == "" || scope.App == "" || scope.CA == "" || len(scope.Methods) == 0 {
		return "", "", wire.Err(wire.BadRequest, "A device's token names the device, the app, the CA and the methods that it opens.")
	}
	id = newID()
	token, err = a.mint(&claims{Owner: owner, ID: id, Device: device}, scope, ttl)
	return token, id, err
}

var (
	errReplaced = wire.Err(wire.Unauthenticated, "This token of a device has been replaced or withdrawn: register the device again.")
	errNotKnown = wire.Retry(wire.Unavailable, "Whether this token is good cannot be told at the moment. Try again shortly.", 1000)
)

// checkDevice tells whether a device's token, or one narrowed from it, is the one that counts.
func (a *Accounts) checkDevice(c *claims) error {
	if c.Device == "" {
		return nil
	}
	if a.device == nil {
		return errReplaced
	}
	id, err := a.device(c.App, c.CA, c.Device)
	switch {
	case err != nil:
		a.log.Error("a device's token can't be looked up", "owner", c.Owner, "err", err)
		return errNotKnown
	case id == "" || id != c.ID && !slices.Contains(c.Parents, id):
		return errReplaced
	}
	return nil
}

// DevicesChanged has those hear who keep connections open that tokens of an owner's devices are no longer good, as for Changed.
func (a *Accounts) DevicesChanged(owner string) { a.hooks.call(owner) }
