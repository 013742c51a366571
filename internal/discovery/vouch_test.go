package discovery

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

var (
	alice = name.Name{App: "cloud", Owner: "alice", Local: "home"}
	once  = Request{Doorbell: "bobs-doorbell", Back: "alices-back-channel", ID: "request-1"}
)

func (w *world) verifies(t *testing.T, what, vouch, host string, r Request, want wire.Code) name.Name {
	t.Helper()
	n, err := w.Verify(t.Context(), "bob", vouch, host, r)
	if code(err) != want || err == nil && n.Host == "" {
		t.Errorf("%s: %v %v, want %q", what, n, err, want)
	}
	return n
}

func TestCHAN2_AServerVouchesForWhoAsks(t *testing.T) {
	from, to := served(t), asker(t)
	vouch := from.Vouch(alice, once)
	if n := to.verifies(t, "as signed", vouch, from.public, once, ""); n.String() != "cloud:alice/home@"+hostOf(from.public) {
		t.Error(n)
	}
	to.verifies(t, "with a slash", vouch, from.public+"/", once, "")
	if strings.Contains(decoded(t, vouch), once.Doorbell) || strings.Contains(decoded(t, vouch), once.Back) {
		t.Error("it shows an ECI")
	}
	own := newWorld(t, "https://asker.example") // whose own is checked without a call
	own.verifies(t, "its own", own.Vouch(alice, once), "https://Asker.example:443/", once, "")
}

func decoded(t *testing.T, vouch string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(vouch, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What is signed is good for one request, at one doorbell, with one back channel, from one server, for 40 days.
func TestCHAN2_ASignatureIsGoodForNothingElse(t *testing.T) {
	from, other, to := served(t), newDomain(t), asker(t)
	vouch := from.Vouch(alice, once)
	for what, r := range map[string]Request{
		"another doorbell":     {"carols-doorbell", once.Back, once.ID},
		"another back channel": {once.Doorbell, "mallorys", once.ID},
		"another request":      {once.Doorbell, once.Back, "request-2"},
		"swapped":              {once.Back, once.Doorbell, once.ID},
		"nothing":              {},
	} {
		to.verifies(t, what, vouch, from.public, r, wire.NotAllowed)
	}
	for what, host := range map[string]string{
		"another host": other.url, "no host": "", "no URL": "x", "another scheme": strings.Replace(from.public, "http:", "https:", 1), "a password": strings.Replace(from.public, "//", "//a:b@", 1),
		"without https": "http://h.example", "a query": from.public + "?x", "its other name": strings.Replace(from.public, "127.0.0.1", "localhost", 1),
	} {
		to.verifies(t, what, vouch, host, once, wire.NotAllowed)
	}
	if other.asked.Load() != 0 {
		t.Error("a host that the signature doesn't name was called")
	}
	for _, v := range []string{"", ".", "..", "a.b.c", vouch + "x", vouch[:len(vouch)-4], strings.Repeat("a", 3000), vouch + "\n", strings.Replace(vouch, ".", ".=", 1)} {
		to.verifies(t, v, v, from.public, once, wire.NotAllowed)
	}
	to.clock.Advance(VouchFor - time.Second)
	to.verifies(t, "on the last day", vouch, from.public, once, "")
	to.clock.Advance(time.Second)
	to.verifies(t, "too late", vouch, from.public, once, wire.NotAllowed)
	to.clock.Advance(-VouchFor - leeway - time.Second)
	to.verifies(t, "too early", vouch, from.public, once, wire.NotAllowed)
}

// forge signs whatever it is told to.
func forge(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, s any) string {
	t.Helper()
	b, _ := json.Marshal(s)
	claims := jwt.MapClaims{}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(method, claims)
	for k, v := range header {
		token.Header[k] = v
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestCHAN2_ForgedSignatures(t *testing.T) {
	from, to := served(t), asker(t)
	public := from.key.Public().(ed25519.PublicKey)
	theirs, mallory, _ := ed25519.GenerateKey(rand.Reader)
	now := to.clock.Now()
	fine := once.state(from.public, alice.String(), now)
	header := func(kid string) map[string]any { return map[string]any{"typ": vouchType, "kid": kid} }
	spoilt := func(spoil func(*statement)) string {
		s := *fine
		spoil(&s)
		return forge(t, jwt.SigningMethodEdDSA, from.key, header(from.kid), s)
	}
	to.verifies(t, "a fine one", forge(t, jwt.SigningMethodEdDSA, from.key, header(from.kid), fine), from.public, once, "")
	for what, vouch := range map[string]string{
		"another key":              forge(t, jwt.SigningMethodEdDSA, mallory, header(from.kid), fine),
		"another key by its name":  forge(t, jwt.SigningMethodEdDSA, mallory, header(keyID(theirs)), fine),
		"no algorithm":             forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, header(from.kid), fine),
		"the public key as secret": forge(t, jwt.SigningMethodHS256, []byte(public), header(from.kid), fine),
		"no key's name":            forge(t, jwt.SigningMethodEdDSA, from.key, map[string]any{"typ": vouchType}, fine),
		"a key in the header":      forge(t, jwt.SigningMethodEdDSA, mallory, map[string]any{"typ": vouchType, "kid": keyID(theirs), "jwk": map[string]string{"x": keyID(theirs)}, "jku": "https://m.example"}, fine),
		"another kind of token":    forge(t, jwt.SigningMethodEdDSA, from.key, map[string]any{"typ": "JWT", "kid": from.kid}, fine),
		"for ever":                 spoilt(func(s *statement) { s.Expires = now.Add(VouchFor + time.Second).Unix() }),
		"never expiring":           spoilt(func(s *statement) { s.Expires = 0 }),
		"backwards":                spoilt(func(s *statement) { s.Issued, s.Expires = now.Unix()+200, now.Unix()+100 }),
		"beyond all counting":      spoilt(func(s *statement) { s.Issued = -1 << 63 }),
		"of an owner":              spoilt(func(s *statement) { s.Subject = "cloud:alice" }),
		"of a map":                 spoilt(func(s *statement) { s.Subject = "cloud:alice/home/board" }),
		"without an app":           spoilt(func(s *statement) { s.Subject = "alice/home" }),
		"of another host's":        spoilt(func(s *statement) { s.Subject = "cloud:alice/home@bank.example" }),
		"of nobody":                spoilt(func(s *statement) { s.Subject = "" }),
		"of capitals":              spoilt(func(s *statement) { s.Subject = "cloud:Alice/home" }),
	} {
		to.verifies(t, what, vouch, from.public, once, wire.NotAllowed)
	}
}

// A server that nobody can check signs nothing.
func TestCHAN2_WhoVouchesIsReachedSafely(t *testing.T) {
	for public, signs := range map[string]bool{"https://h.example": true, "http://127.0.0.1:80": true, "http://localhost": true, "http://h.example": false, "": false, "x": false} {
		w := newWorld(t, "https://x.example")
		w.public = public
		if got := w.Vouch(alice, once) != ""; got != signs {
			t.Errorf("%q signs: %v", public, got)
		}
	}
}

func TestCHAN5_KeysAreAskedForSeldom(t *testing.T) {
	d, to := newDomain(t), asker(t)
	from := newWorld(t, d.url)
	show := func(keys string) {
		d.files[pathHostMetaJSON] = file{kind: typeJRD, body: `{"properties":{"` + propVouch + `":"` + keys + `"}}`}
	}
	vouch := from.Vouch(alice, once)
	asked := func(n int64) {
		t.Helper()
		if got := d.asked.Load(); got != n {
			t.Errorf("asked %d times, want %d", got, n)
		}
	}
	show("")
	to.verifies(t, "no key", vouch, d.url, once, wire.NotAllowed)
	to.verifies(t, "no key", vouch, d.url, once, wire.NotAllowed)
	asked(1)
	show("AAAA old " + from.publicKeys())
	to.clock.Advance(askAgain)
	to.verifies(t, "a new key", vouch, d.url, once, "")
	asked(2)
	to.clock.Advance(keepKeys - time.Second)
	to.verifies(t, "known", vouch, d.url, once, "")
	asked(2)
	to.clock.Advance(time.Second)
	show("")
	to.verifies(t, "withdrawn", vouch, d.url, once, wire.NotAllowed)
	asked(3)
	delete(d.files, pathHostMetaJSON)
	to.clock.Advance(askAgain)
	to.verifies(t, "no host-meta", vouch, d.url, once, wire.NotAllowed)
	asked(5) // JSON, then XML
	d.files[pathHostMetaJSON] = file{status: 500}
	to.clock.Advance(askAgain)
	to.verifies(t, "broken", vouch, d.url, once, wire.Unavailable)
	show(from.publicKeys())
	to.verifies(t, "and well again", vouch, d.url, once, "")
	closed := newWorld(t, "https://closed.example")
	closed.verifies(t, "a closed network", vouch, d.url, once, wire.NotAllowed)
}

func TestKeysForgetTheOldest(t *testing.T) {
	var k keys
	for i := range 5 * keysHalf {
		k.put(place{"https", name.Name{Owner: string(rune('a' + i))}.String()}, shownKeys{})
	}
	if n := len(k.young) + len(k.old); n > 2*keysHalf {
		t.Error(n)
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f, "https://asker.example")
	f.Add(w.Vouch(alice, once), "https://asker.example")
	f.Add("a.b.c", "http://x")
	f.Fuzz(func(t *testing.T, vouch, host string) {
		if n, err := w.Verify(t.Context(), "bob", vouch, host, Request{"other", once.Back, once.ID}); err == nil {
			t.Errorf("%q of %q is %v", vouch, host, n)
		}
	})
}
