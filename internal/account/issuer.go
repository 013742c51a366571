package account

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

const (
	maxToken        = 4096
	maxMethods      = 64
	maxMethodBytes  = 64
	maxParents      = 8
	leeway          = 30 * time.Second
	microsPerSecond = 1_000_000
)

// Issuer mints tokens with the key of a data folder. It reads the key only, so that it may be used beside a running server.
type Issuer struct {
	key    ed25519.PrivateKey
	kid    string
	issuer string
	clock  clock.Clock
}

// OpenIssuer reads the account key of dir, and makes folder and key if they are missing. Its errors are one line each, for people.
func OpenIssuer(dir string, c clock.Clock) (*Issuer, error) {
	key, err := openKey(dir)
	if err != nil {
		return nil, err
	}
	kid := thumbprint(key.Public().(ed25519.PublicKey))
	return &Issuer{key: key, kid: kid, issuer: "wab:" + kid, clock: c}, nil
}

// Mint makes a token for owner that opens what scope says, until ttl has passed or scope.Expires has come, whichever is first.
// A ttl of 0 sets no limit of its own; neither means that the token never expires.
//
// Errors: bad_request for a name, method or time that cannot be, too_large for a token over 4,096 bytes.
func (i *Issuer) Mint(owner string, scope policy.Scope, ttl time.Duration) (string, error) {
	return i.mint(&claims{Owner: owner, ID: newID()}, scope, ttl)
}

// mint fills in what all tokens say.
func (i *Issuer) mint(c *claims, scope policy.Scope, ttl time.Duration) (string, error) {
	now := i.clock.Now()
	if err := checkOwner(c.Owner); err != nil {
		return "", err
	}
	if err := checkScope(scope); err != nil {
		return "", err
	}
	expires, err := expiry(now, scope.Expires, ttl)
	if err != nil {
		return "", err
	}
	c.Issuer, c.Audience = i.issuer, i.issuer
	c.Issued, c.NotBefore, c.Expires = now.Unix(), now.Unix(), expires
	c.App, c.CA, c.Methods = scope.App, scope.CA, scope.Methods
	return i.sign(c)
}

func (i *Issuer) sign(c *claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	t.Header["kid"] = i.kid
	token, err := t.SignedString(i.key)
	if err != nil {
		return "", wire.Err(wire.Internal, "The token could not be signed.")
	}
	if len(token) > maxToken {
		return "", wire.Err(wire.TooLarge, "The token would be larger than 4096 bytes: name fewer methods.")
	}
	return token, nil
}

// expiry is the earlier of both limits in seconds, rounded down; 0 is never.
func expiry(now time.Time, scopeExpires int64, ttl time.Duration) (int64, error) {
	limit := int64(math.MaxInt64)
	if scopeExpires != 0 {
		limit = scopeExpires / microsPerSecond
	}
	if ttl != 0 {
		limit = min(limit, now.Add(ttl).Unix())
	}
	switch {
	case limit == math.MaxInt64:
		return 0, nil
	case limit <= now.Unix():
		return 0, wire.Err(wire.BadRequest, "The token would expire at once: give it at least one second.")
	}
	return limit, nil
}

func checkOwner(owner string) error {
	if err := name.CheckOwner(owner); err != nil {
		return wire.Err(wire.BadRequest, "That owner name cannot be used: "+err.Error()+".")
	}
	return nil
}

func newID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(id[:])
}
