package account

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
)

type reply struct {
	status int
	header http.Header
	Token  string
	Owner  string
	Expires,
	Raw string
	Error struct{ Code, Message string }
}

func call(t *testing.T, a *Accounts, method, path, token, body string, headers ...string) reply {
	t.Helper()
	r := httptest.NewRequest(method, "http://wab.test"+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), Raw: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return got
}

func dev(t *testing.T, origins ...string) *Accounts {
	a, err := Open(t.TempDir(), Options{Clock: newClock(), Dev: true, Origins: origins})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestGuestMayComeBackByTheSameName(t *testing.T) {
	a := dev(t)
	for range 2 {
		got := call(t, a, "POST", "/account/guest", "", `{"owner":"alice"}`)
		if got.status != 200 || got.Owner != "alice" {
			t.Fatal(got)
		}
		if owner, _, err := a.Verify(got.Token); err != nil || owner != "alice" {
			t.Fatal(owner, err)
		}
		if when, err := time.Parse(time.RFC3339, got.Expires); err != nil || !when.Equal(a.clock.Now().Add(guestTTL)) {
			t.Error(got.Expires, err)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Error("a token may be stored by caches")
		}
	}
}

func TestGuestsAreForDevelopmentOnly(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	got := call(t, a, "POST", "/account/guest", "", `{"owner":"alice"}`)
	if got.status != 403 || got.Error.Code != "not_allowed" || !strings.Contains(got.Error.Message, "--dev") {
		t.Error(got)
	}
}

func TestBUS6_NarrowOverHTTP(t *testing.T) {
	a := dev(t)
	parent := mint(t, a, "alice", policy.Scope{App: "counter"}, time.Hour)
	got := call(t, a, "POST", "/account/token", parent, `{"ca":"alice/home","methods":["Get"],"seconds":60}`)
	if got.status != 200 {
		t.Fatal(got)
	}
	_, s, err := a.Verify(got.Token)
	if err != nil || s.App != "counter" || s.CA != "alice/home" || len(s.Methods) != 1 || s.Expires != a.clock.Now().Add(time.Minute).UnixMicro() {
		t.Fatalf("%+v %v", s, err)
	}
	if wider := call(t, a, "POST", "/account/token", got.Token, `{"methods":["Add"]}`); wider.status != 403 {
		t.Error(wider)
	}
}

func TestRevokeOverHTTP(t *testing.T) {
	a := dev(t)
	mine, second := mint(t, a, "alice", policy.Scope{}, 0), mint(t, a, "alice", policy.Scope{}, 0)
	bobs := mint(t, a, "bob", policy.Scope{}, 0)
	if got := call(t, a, "POST", "/account/revoke", mine, `{"token":"`+bobs+`"}`); got.status != 403 || strings.Contains(got.Raw, bobs) {
		t.Error(got)
	}
	if got := call(t, a, "POST", "/account/revoke", mine, `{"token":"`+second+`"}`); got.status != 200 {
		t.Error(got)
	}
	wantRefused(t, a, second)
	if got := call(t, a, "POST", "/account/revoke", mine, ""); got.status != 200 {
		t.Error(got)
	}
	if got := call(t, a, "POST", "/account/revoke", mine, ""); got.status != 401 {
		t.Error("a revoked token still revokes:", got)
	}
	if _, _, err := a.Verify(bobs); err != nil {
		t.Error(err)
	}
}

func TestOPS1_BadAccountRequests(t *testing.T) {
	a := dev(t)
	good := mint(t, a, "alice", policy.Scope{}, time.Hour)
	for name, try := range map[string]struct {
		method, path, token, body string
		status                    int
		code                      string
	}{
		"no name":             {"POST", "/account/guest", "", `{}`, 400, "bad_request"},
		"no body":             {"POST", "/account/guest", "", ``, 400, "bad_request"},
		"bad name":            {"POST", "/account/guest", "", `{"owner":"Al ice"}`, 400, "bad_request"},
		"not JSON":            {"POST", "/account/guest", "", `owner=alice`, 400, "bad_request"},
		"an array":            {"POST", "/account/guest", "", `["alice"]`, 400, "bad_request"},
		"two values":          {"POST", "/account/guest", "", `{"owner":"alice"}{}`, 400, "bad_request"},
		"unknown field":       {"POST", "/account/token", good, `{"method":["Get"]}`, 400, "bad_request"},
		"no methods left":     {"POST", "/account/token", good, `{"methods":[]}`, 400, "bad_request"},
		"negative":            {"POST", "/account/token", good, `{"seconds":-1}`, 400, "bad_request"},
		"overflowing":         {"POST", "/account/token", good, `{"seconds":9223372036854775807}`, 400, "bad_request"},
		"beyond every number": {"POST", "/account/token", good, `{"seconds":1e99}`, 400, "bad_request"},
		"too large":           {"POST", "/account/guest", "", `{"owner":"` + strings.Repeat("a", maxBody) + `"}`, 413, "too_large"},
		"no token":            {"POST", "/account/token", "", `{}`, 401, "unauthenticated"},
		"bad token":           {"POST", "/account/revoke", "x.y.z", `{}`, 401, "unauthenticated"},
		"bad second token":    {"POST", "/account/revoke", good, `{"token":"x"}`, 400, "bad_request"},
		"GET":                 {"GET", "/account/guest", "", ``, 405, "bad_request"},
		"elsewhere":           {"POST", "/account/nothing", "", ``, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call(t, a, try.method, try.path, try.token, try.body)
			if got.status != try.status || got.Error.Code != try.code || got.Error.Message == "" {
				t.Errorf("got %d %s", got.status, got.Raw)
			}
			if try.status == 401 && got.header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	if _, _, err := a.Verify(good); err != nil {
		t.Error(err)
	}
}

func TestOtherOriginsNeedToBeAllowed(t *testing.T) {
	friend := "https://friend.example"
	a := dev(t, friend)
	for origin, status := range map[string]int{friend: 200, "http://wab.test": 200, "https://evil.example": 403, "null": 403, "http://wab.test.evil.example": 403} {
		got := call(t, a, "POST", "/account/guest", "", `{"owner":"alice"}`, "Origin", origin)
		if got.status != status {
			t.Errorf("%s: %d", origin, got.status)
		}
		if allowed := got.header.Get("Access-Control-Allow-Origin"); (allowed != "") != (origin == friend) {
			t.Errorf("%s: Access-Control-Allow-Origin %q", origin, allowed)
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" || got.header.Get("Set-Cookie") != "" {
			t.Error("cookies play no part here")
		}
	}
	pre := call(t, a, "OPTIONS", "/account/token", "", "", "Origin", friend, "Access-Control-Request-Method", "POST")
	if pre.status != 204 || !strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Error(pre)
	}
}
