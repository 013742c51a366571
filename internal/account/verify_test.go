package account

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

func TestVerifyReturnsWhatWasMinted(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	want := policy.Scope{App: "counter", CA: "alice/home", Methods: []string{"Add", "Get"}}
	token := mint(t, a, "alice", want, time.Hour)
	for range 2 { // the second one comes from the cache
		owner, got, err := a.Verify(token)
		if err != nil || owner != "alice" {
			t.Fatal(owner, err)
		}
		if got.App != want.App || got.CA != want.CA || !slices.Equal(got.Methods, want.Methods) || got.Expires != c.Now().Add(time.Hour).UnixMicro() {
			t.Fatalf("got %+v", got)
		}
	}
}

func TestVerifyWithoutExpiryNeverExpires(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token := mint(t, a, "alice", policy.Scope{}, 0)
	c.advance(100 * 365 * 24 * time.Hour)
	if _, s, err := a.Verify(token); err != nil || s.Expires != 0 {
		t.Fatal(s, err)
	}
}

func TestBUS6_ExpiryHoldsForCachedTokensToo(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token := mint(t, a, "alice", policy.Scope{}, 10*time.Second)
	c.advance(10*time.Second - time.Microsecond)
	if _, _, err := a.Verify(token); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Microsecond)
	_, _, err := a.Verify(token)
	wantCode(t, err, wire.Unauthenticated)
	if !strings.Contains(err.Error(), "expired") {
		t.Error(err)
	}
}

func TestVerifyToleratesAClockThatStepsBack(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	c.advance(-leeway)
	if _, _, err := a.Verify(token); err != nil {
		t.Fatal(err)
	}
	c.advance(-time.Second)
	_, _, err := a.Verify(token)
	wantCode(t, err, wire.Unauthenticated)
}

// forge signs claims that differ in one thing from good ones.
func forge(t *testing.T, method jwt.SigningMethod, key any, kid any, edit func(*claims), a *Accounts) string {
	t.Helper()
	now := a.clock.Now().Unix()
	c := &claims{Issuer: a.issuer, Audience: a.issuer, Owner: "alice", ID: newID(), Issued: now, NotBefore: now, Expires: now + 3600}
	if edit != nil {
		edit(c)
	}
	tok := jwt.NewWithClaims(method, c)
	if kid != nil {
		tok.Header["kid"] = kid
	}
	s, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOPS1_ForgedTokensAreRefused(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	other := open(t, t.TempDir(), newClock())
	public := a.key.Public().(ed25519.PublicKey)
	forged := map[string]string{
		"another server's":          mint(t, other, "alice", policy.Scope{}, time.Hour),
		"another key under our kid": forge(t, jwt.SigningMethodEdDSA, other.key, a.kid, nil, a),
		"alg none":                  forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, a.kid, nil, a),
		"HS256 with our public key": forge(t, jwt.SigningMethodHS256, []byte(public), a.kid, nil, a),
		"HS256 with our kid":        forge(t, jwt.SigningMethodHS256, []byte(a.kid), a.kid, nil, a),
		"no kid":                    forge(t, jwt.SigningMethodEdDSA, a.key, nil, nil, a),
		"kid of another type":       forge(t, jwt.SigningMethodEdDSA, a.key, []string{a.kid}, nil, a),
		"foreign audience":          forge(t, jwt.SigningMethodEdDSA, a.key, a.kid, func(c *claims) { c.Audience = "elsewhere" }, a),
		"foreign issuer":            forge(t, jwt.SigningMethodEdDSA, a.key, a.kid, func(c *claims) { c.Issuer = "elsewhere" }, a),
		"nobody's":                  forge(t, jwt.SigningMethodEdDSA, a.key, a.kid, func(c *claims) { c.Owner = "" }, a),
		"without id":                forge(t, jwt.SigningMethodEdDSA, a.key, a.kid, func(c *claims) { c.ID = "" }, a),
	}
	for name, token := range forged {
		t.Run(name, func(t *testing.T) { wantRefused(t, a, token) })
	}
}

func TestOPS1_MalformedTokensAreRefused(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	good := mint(t, a, "alice", policy.Scope{}, time.Hour)
	head, rest, _ := strings.Cut(good, ".")
	for _, token := range []string{
		"", ".", "..", "...", "a.b.c", good + ".", good + ".x", "." + good, good + "=", good + "\n", good[:40] + "\r\n" + good[40:], " " + good,
		good + "\x00", head, head + ".", head + ".." + rest, head + "." + rest[:10], strings.ToUpper(good),
		base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"`+a.kid+`"}`)) + ".bnVsbA." + strings.Repeat("A", 86),
		strings.Repeat("a", maxToken+1), strings.Repeat("a.", maxToken),
	} {
		wantRefused(t, a, token)
	}
}

func TestOPS1_NoTamperedByteIsAccepted(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	good := mint(t, a, "alice", policy.Scope{Methods: []string{"Get"}}, time.Hour)
	for i := range good {
		for _, c := range []byte{'A', 'B', '_', good[i] ^ 1} {
			if c != good[i] {
				wantRefused(t, a, good[:i]+string(rune(c))+good[i+1:])
			}
		}
	}
	if _, _, err := a.Verify(good); err != nil {
		t.Fatal(err)
	}
}

func wantRefused(t *testing.T, a *Accounts, token string) {
	t.Helper()
	owner, scope, err := a.Verify(token)
	wantCode(t, err, wire.Unauthenticated)
	if owner != "" || scope.Expires != 0 {
		t.Errorf("a refused token still says %q %+v", owner, scope)
	}
	if len(token) > 8 && strings.Contains(err.Error(), token) {
		t.Errorf("the error repeats the token: %v", err)
	}
}

func TestVerifyCacheIsBounded(t *testing.T) {
	var c cache
	for i := range 5 * cacheHalf {
		c.put(digest{byte(i), byte(i >> 8), byte(i >> 16)}, new(claims))
	}
	if n := len(c.young) + len(c.old); n > 2*cacheHalf {
		t.Errorf("%d in the cache", n)
	}
}

func TestMintRefusesWhatCannotBe(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	many := make([]string, maxMethods+1)
	for i := range many {
		many[i] = fmt.Sprint("M", i)
	}
	long := slices.Repeat([]string{"M" + strings.Repeat("x", maxMethodBytes-1)}, maxMethods)
	for what, try := range map[string]struct {
		owner string
		scope policy.Scope
		ttl   time.Duration
		code  wire.Code
	}{
		"no owner":      {"", policy.Scope{}, 0, wire.BadRequest},
		"capital owner": {"Alice", policy.Scope{}, 0, wire.BadRequest},
		"app":           {"alice", policy.Scope{App: "api"}, 0, wire.BadRequest},
		"ca of an app":  {"alice", policy.Scope{CA: "app:alice/home"}, 0, wire.BadRequest},
		"owner as ca":   {"alice", policy.Scope{CA: "alice"}, 0, wire.BadRequest},
		"item as ca":    {"alice", policy.Scope{CA: "alice/home/x"}, 0, wire.BadRequest},
		"method":        {"alice", policy.Scope{Methods: []string{"add_all"}}, 0, wire.BadRequest},
		"empty method":  {"alice", policy.Scope{Methods: []string{""}}, 0, wire.BadRequest},
		"past":          {"alice", policy.Scope{Expires: 1}, 0, wire.BadRequest},
		"negative ttl":  {"alice", policy.Scope{}, -time.Second, wire.BadRequest},
		"too short":     {"alice", policy.Scope{}, time.Millisecond, wire.BadRequest},
		"many methods":  {"alice", policy.Scope{Methods: many}, 0, wire.TooLarge},
		"too large":     {"alice", policy.Scope{Methods: long}, 0, wire.TooLarge},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := a.Mint(try.owner, try.scope, try.ttl)
			wantCode(t, err, try.code)
		})
	}
}

// Owners that only the server itself acts for are nobody's, whatever a token of ours says.
func TestBUS6_NobodySignsInByReservedNames(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	for _, owner := range []string{name.ForumOwner, name.CommonsOwner, name.ChannelOwner} {
		_, err := a.Mint(owner, policy.Scope{}, 0)
		wantCode(t, err, wire.BadRequest)
		forged, err := a.sign(&claims{Issuer: a.issuer, Audience: a.issuer, Owner: owner, ID: newID()})
		if err != nil {
			t.Fatal(err)
		}
		wantRefused(t, a, forged)
		old := revocation{id: "x", owner: owner}
		if got, ok := parseRevocation(strings.TrimSuffix(old.line(), "\n")); !ok || got != old {
			t.Errorf("a revocation of %s's stops the start", owner)
		}
	}
}

func FuzzVerify(f *testing.F) {
	a, err := Open(f.TempDir(), Options{Clock: newClock()})
	if err != nil {
		f.Fatal(err)
	}
	defer a.Close()
	good := mint(f, a, "alice", policy.Scope{App: "counter", Methods: []string{"Get"}}, time.Hour)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(strings.Repeat(".", 100))
	f.Fuzz(func(t *testing.T, token string) {
		owner, _, err := a.Verify(token)
		if (err == nil) != (token == good) || (owner == "alice") != (token == good) {
			t.Errorf("%q: %q, %v", token, owner, err)
		}
	})
}

func BenchmarkVerifyCached(b *testing.B) {
	a := open(b, b.TempDir(), newClock())
	token := mint(b, a, "alice", policy.Scope{}, time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := a.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
