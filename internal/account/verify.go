package account

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// What a client hears about a bad token: what is wrong and what to do, never the token itself.
var (
	errMissing   = wire.Err(wire.Unauthenticated, "You are not signed in: send a token as Authorization: Bearer.")
	errMalformed = wire.Err(wire.Unauthenticated, "This is not a token: sign in again.")
	errForeign   = wire.Err(wire.Unauthenticated, "This token is not from this server: sign in again here.")
	errExpired   = wire.Err(wire.Unauthenticated, "Your sign-in has expired: sign in again.")
	errEarly     = wire.Err(wire.Unauthenticated, "This token is not valid yet: check the clocks, then sign in again.")
	errRevoked   = wire.Err(wire.Unauthenticated, "This token has been revoked: sign in again.")
)

var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
	jwt.WithStrictDecoding(),
	jwt.WithoutClaimsValidation(), // admit looks at them, on cached tokens too
)

// Verify says who a token speaks for and what it opens; scope.Expires is when it ends, 0 for never.
//
// Errors are *wire.Error with code unauthenticated: missing, malformed, foreign, expired, not valid yet, or revoked. Whether a device's token still counts may be unavailable.
func (a *Accounts) Verify(token string) (owner string, scope policy.Scope, err error) {
	c, err := a.verify(token)
	if err != nil {
		return "", policy.Scope{}, err
	}
	return c.Owner, c.scope(), nil
}

// verify returns claims that are shared with the cache: nobody may change them.
func (a *Accounts) verify(token string) (*claims, error) {
	c, err := a.authentic(token)
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	switch {
	case c.expired(now):
		return nil, errExpired
	case c.tooEarly(now):
		return nil, errEarly
	case a.revoked.has(c):
		return nil, errRevoked
	}
	if err := a.checkDevice(c); err != nil {
		return nil, err
	}
	return c, nil
}

// authentic checks that a token is ours, whatever its times.
func (a *Accounts) authentic(token string) (*claims, error) {
	if err := checkShape(token); err != nil {
		return nil, err
	}
	d := digest(sha256.Sum256([]byte(token)))
	if c, ok := a.cache.get(d); ok {
		return c, nil
	}
	c := new(claims)
	if _, err := parser.ParseWithClaims(token, c, a.keyOf); err != nil {
		return nil, blame(err)
	}
	if c.Issuer != a.issuer || c.Audience != a.issuer || name.CheckOwner(c.Owner) != nil || c.ID == "" {
		return nil, errForeign
	}
	a.cache.put(d, c)
	return c, nil
}

// checkShape keeps what can't be a token away from the decoders; base64's would skip line breaks, and one token would have many spellings.
func checkShape(token string) error {
	switch {
	case token == "":
		return errMissing
	case len(token) > maxToken || strings.IndexFunc(token, notInToken) >= 0:
		return errMalformed
	}
	return nil
}

func notInToken(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
}

var errKid = errors.New("unknown key")

func (a *Accounts) keyOf(t *jwt.Token) (any, error) {
	if t.Header["kid"] != a.kid {
		return nil, errKid
	}
	return a.key.Public().(ed25519.PublicKey), nil
}

func blame(err error) error {
	if errors.Is(err, jwt.ErrTokenMalformed) {
		return errMalformed
	}
	return errForeign // another key, another algorithm, or a signature that doesn't fit
}
