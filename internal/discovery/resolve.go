package discovery

import (
	"context"
	"strings"

	"github.com/wabgo/wab/internal/wire"
)

// Found is a doorbell.
type Found struct {
	Host string // base URL of the server where it is, without a slash at its end
	ECI  string
	// Name is the card's. Card, and App, Owner and Local, which say whose doorbell it is, are what that server told: empty for a bare doorbell's URL.
	Name, App, Owner, Local string
	Card                    Card
}

var (
	errUnfound = wire.Err(wire.NotFound, "Nobody by this address shows a doorbell: check how it is written, or ask its owner to publish their card.")
	errNoURL   = wire.Err(wire.Unavailable, "This server doesn't know how it is reached itself: its operator sets --public-url.")
)

// Resolve finds the doorbell that a target means: an address (owner@host[:port], owner/ca@host, app:owner/ca@host, with or without acct:, or without a host for this server),
// the URL of a doorbell, or that of a page or a domain of somebody's, with or without its scheme, which is https then, and http for the loopback address. Of several doorbells of
// an owner it is the first that their server tells of. owner is on whose behalf others are asked.
//
// Errors: bad_request for what is no address, or leads on and on; not_found where nobody shows a doorbell; not_allowed for a closed network; unavailable and deadline may pass.
func (d *Discovery) Resolve(ctx context.Context, owner, address string) (Found, *wire.Error) {
	t, flawed := parseTarget(address)
	if flawed != nil {
		return Found{}, flawed
	}
	if t.resource == "" && !t.local {
		return Found{Host: t.base, ECI: t.eci}, nil
	}
	if t.local {
		at, _, ok := d.here()
		if !ok {
			return Found{}, errNoURL
		}
		t.at, t.resource = at, "acct:"+userOf(t.who)+"@"+at.authority
	}
	ctx, cancel := context.WithTimeout(ctx, ResolveWithin)
	defer cancel()
	s := &search{Discovery: d, ctx: ctx, owner: owner, seen: map[string]bool{}}
	f, err := s.target(t)
	switch {
	case err == errNothing && t.eci != "":
		return Found{Host: t.base, ECI: t.eci}, nil
	case err == errNothing:
		return Found{}, s.unfound()
	}
	return f, err
}

// unfound says why nobody was found, as far as that is known.
func (s *search) unfound() *wire.Error {
	if s.why != "" {
		return wire.Err(wire.NotFound, errUnfound.Message+" "+s.why)
	}
	return errUnfound
}

// splitAddress splits user@host, where neither is empty.
func splitAddress(s string) (user, host string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
