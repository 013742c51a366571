package account

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

var forLamp = policy.Scope{App: "counter", CA: "alice/home", Methods: []string{"Get", "lamp-desired"}}

func mintStub(t *testing.T, a *Accounts, ttl time.Duration) (string, Stub) {
	t.Helper()
	token, stub, err := a.MintStub("alice", forLamp, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token, stub
}

func TestBUS6_ATokenGivenAwayOpensWhatItSaysAndNoMore(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token, stub := mintStub(t, a, time.Hour)
	owner, scope, err := a.Verify(token)
	if err != nil || owner != "alice" || scope.App != "counter" || scope.CA != "alice/home" || len(scope.Methods) != 2 {
		t.Fatal(owner, scope, err)
	}
	if want := c.Now().Add(time.Hour).Unix(); stub.Expires != want || scope.Expires != want*microsPerSecond || stub.ID == "" {
		t.Errorf("%+v, %+v", stub, scope)
	}
	for name, s := range map[string]policy.Scope{
		"everything": {},
		"no app":     {CA: "alice/home", Methods: []string{"Get"}},
		"no ca":      {App: "counter", Methods: []string{"Get"}},
		"all of it":  {App: "counter", CA: "alice/home"},
		"nonsense":   {App: "counter", CA: "alice/home", Methods: []string{"a b"}},
	} {
		_, _, err := a.MintStub("alice", s, time.Hour)
		if err == nil {
			t.Error(name, "went through")
			continue
		}
		wantCode(t, err, wire.BadRequest)
	}
}

func TestBUS6_AStubRevokesItsTokenAtOnceAndAfterRestart(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	token, stub := mintStub(t, a, time.Hour)
	other, _ := mintStub(t, a, time.Hour)
	child, err := a.Narrow(token, policy.Scope{Methods: []string{"Get"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	defer a.Changed(func(owner string) { heard = append(heard, owner) })()
	for range 2 {
		if err := a.RevokeStub("alice", stub); err != nil {
			t.Fatal(err)
		}
	}
	for _, server := range []*Accounts{a, open(t, dir, c)} {
		wantRefused(t, server, token)
		wantRefused(t, server, child)
		if _, _, err := server.Verify(other); err != nil {
			t.Error(err)
		}
	}
	if len(heard) == 0 || heard[0] != "alice" {
		t.Errorf("heard %q", heard)
	}
}

func TestBUS6_ATokenIsRefusedBeforeItsRevocationIsWrittenDown(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	token, stub := mintStub(t, a, time.Hour)
	a.Refuse("alice", stub)
	wantRefused(t, a, token)
	if text, _ := os.ReadFile(filepath.Join(dir, revokedFile)); string(text) != revokedHeader {
		t.Errorf("it was written down already: %q", text)
	}
	if err := a.RevokeStub("alice", stub); err != nil || a.revoked.narrowed["alice"] != 1 {
		t.Error(err, a.revoked.narrowed)
	}
	wantRefused(t, open(t, dir, c), token)
}

func TestAStubOfAnExpiredTokenIsNotWrittenDown(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	_, stub := mintStub(t, a, time.Minute)
	c.advance(time.Minute)
	if err := a.RevokeStub("alice", stub); err != nil || len(a.revoked.set) != 0 {
		t.Error(err, a.revoked.set)
	}
}

func TestARevocationByStubThatCannotBeSavedStillHolds(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	token, stub := mintStub(t, a, time.Hour)
	a.revoked.file.Close()
	wantCode(t, a.RevokeStub("alice", stub), wire.Unavailable)
	wantRefused(t, a, token)
}

// Where the quota is used up nobody gets a token that could not be counted, and those that are out can be revoked nevertheless.
func TestTheQuotaIsForMakingTokensNotForRevokingThem(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token, stub := mintStub(t, a, time.Hour)
	for i := range maxRevokedOwner {
		a.revoked.insert(revocation{id: fmt.Sprint(i), expires: c.Now().Unix() + 60, narrowed: true, owner: "alice"})
	}
	_, _, err := a.MintStub("alice", forLamp, time.Hour)
	wantCode(t, err, wire.Quota)
	if _, _, err := a.MintStub("bob", forLamp, time.Hour); err != nil {
		t.Error(err)
	}
	if err := a.RevokeStub("alice", stub); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, a, token)
	c.advance(2 * time.Minute)
	if _, _, err := a.MintStub("alice", forLamp, time.Hour); err != nil {
		t.Error("once the others have expired:", err)
	}
}
