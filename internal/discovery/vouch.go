package discovery

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Request is what a server vouches for: one request to subscribe.
type Request struct {
	Doorbell string // the ECI that is asked at
	Back     string // the ECI of the asker's back channel
	ID       string // the request's own
}

type keys struct{}

func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Vouch signs that a CA of this server makes a request. It is empty where the server does not know how it is reached.
func (d *Discovery) Vouch(from name.Name, r Request) string { return "" }

// Verify tells who makes a request, with their host, by what the server at host has signed. owner is on whose behalf that host is asked for its key.
func (d *Discovery) Verify(ctx context.Context, owner, vouch, host string, r Request) (name.Name, *wire.Error) {
	return name.Name{}, wire.Err(wire.Unavailable, "Not built yet.")
}

// publicKeys are those that check what this server vouches for, as its host-meta shows them.
func (d *Discovery) publicKeys() string {
	return base64.RawURLEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey))
}
