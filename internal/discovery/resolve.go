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

// Resolve finds the doorbell that a target means: an address (owner@host[:port], owner/ca@host, app:owner/ca@host, with or without acct:, or without a host for this server),
// the URL of a doorbell, or that of a page or domain of somebody's. owner is on whose behalf others are asked.
func (d *Discovery) Resolve(ctx context.Context, owner, target string) (Found, *wire.Error) {
	return Found{}, wire.Err(wire.Unavailable, "Not built yet.")
}

// splitAddress splits user@host, where neither is empty.
func splitAddress(s string) (user, host string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
