package account

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/policy"
)

// claims is what a token says. Instants are seconds since the Unix epoch, as RFC 7519 has them.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Owner     string   `json:"sub"`
	ID        string   `json:"jti"`
	Issued    int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp,omitempty"` // 0: never
	App       string   `json:"app,omitempty"`
	CA        string   `json:"ca,omitempty"`
	Methods   []string `json:"methods,omitempty"`
	Parents   []string `json:"parents,omitempty"` // ids of the tokens it was narrowed from
	Device    string   `json:"device,omitempty"`  // whose token it is, or was narrowed from, behind the CA
}

func (c *claims) scope() policy.Scope {
	return policy.Scope{App: c.App, CA: c.CA, Methods: c.Methods, Expires: c.Expires * microsPerSecond}
}

func (c *claims) expired(now time.Time) bool { return c.Expires != 0 && now.Unix() >= c.Expires }

func (c *claims) tooEarly(now time.Time) bool { return now.Add(leeway).Unix() < c.NotBefore }

// The library's validator is not used: the same checks run again on cached tokens, by our clock. These methods only make claims a jwt.Claims.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.Expires), nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(c.Issued), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return numericDate(c.NotBefore), nil }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Owner, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

func numericDate(s int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(s, 0)) }
