package discovery

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Request is what a server vouches for: one request to subscribe.
type Request struct {
	Doorbell string // the ECI that is asked at
	Back     string // the ECI of the asker's back channel
	ID       string // the request's own
}

const (
	// VouchFor is how long a signature is good: longer than a request waits.
	VouchFor = 40 * 24 * time.Hour

	vouchType = "wab-vouch+jwt" // RFC 8725, 3.11: a token of another kind is none of this one
	maxVouch  = 2 << 10         // bytes
	leeway    = 5 * time.Minute // between two servers' clocks
)

// statement is what is signed. ECIs stand in it as hashes, so that nobody can use what it shows.
type statement struct {
	Issuer   string `json:"iss"` // where the asker's server is: https://wab.example
	Subject  string `json:"sub"` // the CA that asks: app:owner/local
	Audience string `json:"aud"` // the doorbell
	Back     string `json:"back"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"` // seconds since the Unix epoch
	Expires  int64  `json:"exp"`
}

func (r *Request) state(issuer, subject string, now time.Time) *statement {
	return &statement{
		Issuer: issuer, Subject: subject, Audience: digest("doorbell", r.Doorbell), Back: digest("back", r.Back), ID: r.ID, Issued: now.Unix(), Expires: now.Add(VouchFor).Unix(),
	}
}

func digest(use, eci string) string {
	sum := sha256.Sum256([]byte("wab vouch " + use + " " + eci))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Vouch signs that a CA of this server makes a request. It is empty where nobody could check it: the server doesn't know how it is reached, or that is neither by https
// nor on the loopback address.
func (d *Discovery) Vouch(from name.Name, r Request) string {
	at, _, ok := d.here()
	if !ok || !at.secret() {
		return ""
	}
	from.Host = ""
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, r.state(at.String(), from.String(), d.Clock.Now()))
	t.Header["typ"], t.Header["kid"] = vouchType, d.kid
	signed, err := t.SignedString(d.key)
	if err != nil || len(signed) > maxVouch {
		return ""
	}
	return signed
}

var (
	errUnsigned = wire.Err(wire.NotAllowed, "Nobody vouches for who makes this request.")
	errForged   = wire.Err(wire.NotAllowed, "The server that this request names has not signed it like this.")
	errStale    = wire.Err(wire.NotAllowed, "The signature of this request is too old, or dated in the future.")
	errOpen     = wire.Err(wire.NotAllowed, "A server vouches for its people only where it is reached by https.")
)

// Verify tells who makes a request, as app:owner/local@host, by what the server at host has signed. owner is on whose behalf that server is asked for its key.
//
// Errors: not_allowed where the signature is missing, of something else, or not that server's; unavailable, deadline and others as for a call where its key can't be had.
func (d *Discovery) Verify(ctx context.Context, owner, vouch, host string, r Request) (name.Name, *wire.Error) {
	u, at, ok := web(host)
	switch {
	case vouch == "":
		return name.Name{}, errUnsigned
	case !ok || len(vouch) > maxVouch || strings.ContainsFunc(vouch, notInToken) || r.ID == "" || u.RawQuery != "":
		return name.Name{}, errForged
	case !at.secret():
		return name.Name{}, errOpen
	}
	s, err := d.check(vouch, at, r)
	if err != nil {
		return name.Name{}, err
	}
	who, flawed := name.ParseCA(s.Subject+"@"+at.authority, "")
	if flawed != nil || s.Subject+"@"+at.authority != who.String() {
		return name.Name{}, errForged
	}
	return who, d.signed(ctx, owner, vouch, at)
}

// check looks at what is said, before anybody is asked for a key.
func (d *Discovery) check(vouch string, at place, r Request) (*statement, *wire.Error) {
	s := new(statement)
	t, _, err := unverified.ParseUnverified(vouch, s)
	if err != nil || t.Header["typ"] != vouchType || t.Method != jwt.SigningMethodEdDSA {
		return nil, errForged
	}
	want := r.state(at.String(), s.Subject, time.Unix(s.Issued, 0))
	want.Expires = s.Expires
	now := d.Clock.Now().Unix()
	switch {
	case *s != *want:
		return nil, errForged
	case s.Issued <= 0 || s.Issued > now+int64(leeway/time.Second) || s.Expires <= now || s.Expires <= s.Issued || s.Expires-s.Issued > int64(VouchFor/time.Second):
		return nil, errStale
	}
	return s, nil
}

// The library's own checks of claims are left out: check does them, by our clock.
var (
	unverified = jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	verified   = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
)

// signed checks the signature with a key of the server at a place. One that isn't known is asked for, as that server may have got a new one.
func (d *Discovery) signed(ctx context.Context, owner, vouch string, at place) *wire.Error {
	var missing *wire.Error
	_, err := verified.ParseWithClaims(vouch, new(statement), func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, err := d.keyOf(ctx, owner, at, kid)
		if err != nil {
			missing = err
			return nil, err
		}
		return key, nil
	})
	switch {
	case missing != nil:
		return missing
	case err != nil:
		return errForged
	}
	return nil
}

func notInToken(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}

func (s *statement) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(s.Expires), nil }
func (s *statement) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(s.Issued), nil }
func (s *statement) GetNotBefore() (*jwt.NumericDate, error)      { return numericDate(s.Issued), nil }
func (s *statement) GetIssuer() (string, error)                   { return s.Issuer, nil }
func (s *statement) GetSubject() (string, error)                  { return s.Subject, nil }
func (s *statement) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{s.Audience}, nil }

func numericDate(s int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(s, 0)) }

// publicKeys are those that check what this server vouches for, as its host-meta shows them.
func (d *Discovery) publicKeys() string {
	return base64.RawURLEncoding.EncodeToString(d.key.Public().(ed25519.PublicKey))
}
