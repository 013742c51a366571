package server

import (
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// How long the token of a device lasts.
const (
	deviceTokenAge    = 365 * 24 * time.Hour // where nothing is said
	maxDeviceTokenAge = 10 * deviceTokenAge
)

// Token makes the device's token, for its owner to hand over: as a link, a QR code, a setting. It opens the device's maps and its reports on this CA, and the further methods (and maps,
// by their labels) that are named; nothing else. It lasts for ttl, up to 10 years; 0 means a year.
//
// A device has one token: the one before ends when this transaction has committed, and what is connected with it is cut off.
//
// Only the owner gets one, for it speaks for the owner: the error is not_allowed in a message of others, whatever the rules let them call. Where a narrowed token asks, it has to open all that
// the new one opens, and the new one ends no later.
func (d Device) Token(ttl time.Duration, methods ...string) (string, error) {
	d.tx.changes("Device.Token")
	if d.err != nil {
		return "", d.err
	}
	if ttl == 0 {
		ttl = deviceTokenAge
	}
	if ttl < time.Second || ttl > maxDeviceTokenAge {
		return "", wire.Err(wire.BadRequest, fmt.Sprintf("A device's token lasts from a second to %d days, not %v.", int(maxDeviceTokenAge.Hours()/24), ttl))
	}
	scope, err := d.scope(methods)
	if err != nil {
		return "", err
	}
	token, id, err := d.tx.class.srv.accounts.MintDevice(d.tx.tx.Self().Owner, d.name, scope, ttl)
	if err == nil {
		err = d.know(id)
	}
	if err != nil {
		return "", err
	}
	return token, nil
}

// scope is what a token of the device opens.
func (d Device) scope(methods []string) (policy.Scope, error) {
	self, m := d.tx.tx.Self(), d.tx.tx.Message()
	if !self.AsOwner().Covers(m.From) {
		return policy.Scope{}, wire.Err(wire.NotAllowed, "Only "+self.Owner+" gets tokens for devices of "+self.String()+".")
	}
	for _, name := range methods {
		if !policy.IsMap(name) && !d.tx.class.admits(name) && ownMethod(name) == nil {
			return policy.Scope{}, wire.Err(wire.BadRequest, fmt.Sprintf("The app %s has no method %q that a device could request.", self.App, clip(name)))
		}
	}
	local := name.Name{Owner: self.Owner, Local: self.Local}
	own := []string{reportMethod, d.name + desiredMap, d.name + reportedMap, d.name + bundlesMap}
	scope := policy.Scope{App: self.App, CA: local.String(), Methods: append(own, methods...)}
	return narrowed(bus.ScopeOf(m), scope)
}

// narrowed limits a scope by that of the token that asks. One that is not narrowed gives no less time than is asked for: it is the owner, whose sign-in ends sooner than a device's.
func narrowed(asker, scope policy.Scope) (policy.Scope, error) {
	if asker.App == "" && asker.CA == "" && len(asker.Methods) == 0 {
		return scope, nil
	}
	return asker.Narrow(scope)
}
