package account

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

func TestBUS6_RevocationHoldsAtOnceAndAfterRestart(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	kept := mint(t, a, "alice", policy.Scope{}, time.Hour)
	if _, _, err := a.Verify(token); err != nil { // now it is cached
		t.Fatal(err)
	}
	if err := a.Revoke(token); err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(token); err != nil {
		t.Fatal("a second time:", err)
	}
	for _, server := range []*Accounts{a, open(t, dir, c)} {
		wantRefused(t, server, token)
		if _, _, err := server.Verify(kept); err != nil {
			t.Error(err)
		}
	}
}

func TestBUS6_RevocationEndsWhatWasNarrowedFromIt(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	root := mint(t, a, "alice", policy.Scope{}, time.Hour)
	child, err := a.Narrow(root, policy.Scope{App: "counter"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := a.Narrow(child, policy.Scope{Methods: []string{"Get"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(child); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, a, child)
	wantRefused(t, a, grandchild)
	if _, _, err := a.Verify(root); err != nil {
		t.Error("the parent ended too:", err)
	}
}

func TestBUS6_OpenConnectionsHearOfRevocations(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	var heard []string
	stop := a.Changed(func(owner string) {
		wantRefused(t, a, token) // it holds before anybody hears of it
		heard = append(heard, owner)
	})
	if err := a.Revoke(token); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := a.Revoke(mint(t, a, "bob", policy.Scope{}, 0)); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 || heard[0] != "alice" {
		t.Errorf("heard %q", heard)
	}
}

func TestRevokeRefusesForeignTokens(t *testing.T) {
	a, other := open(t, t.TempDir(), newClock()), open(t, t.TempDir(), newClock())
	wantCode(t, a.Revoke(mint(t, other, "alice", policy.Scope{}, 0)), wire.Unauthenticated)
	wantCode(t, a.Revoke("nonsense"), wire.Unauthenticated)
}

func TestRevokeConcurrently(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	tokens := make([]string, 50)
	var wg sync.WaitGroup
	for i := range tokens {
		tokens[i] = mint(t, a, fmt.Sprint("owner", i), policy.Scope{}, time.Hour)
		wg.Go(func() {
			if err := a.Revoke(tokens[i]); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { a.Verify(tokens[i]) })
	}
	wg.Wait()
	again := open(t, dir, c)
	for _, token := range tokens {
		wantRefused(t, again, token)
	}
}

func TestRevocationsForgetWhatHasExpired(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	if err := a.Revoke(mint(t, a, "alice", policy.Scope{}, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(mint(t, a, "alice", policy.Scope{}, 0)); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Hour)
	again := open(t, dir, c)
	text, _ := os.ReadFile(filepath.Join(dir, revokedFile))
	if len(again.revoked.set) != 1 || strings.Count(string(text), "\n") != 2 {
		t.Errorf("kept %d: %q", len(again.revoked.set), text)
	}
}

func TestRevocationsSurviveATornLastLine(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	if err := a.Revoke(token); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, revokedFile)
	whole, _ := os.ReadFile(path)
	for cut := range []byte("abcdef 12") {
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], "abcdef 12"[:cut+1]...), 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir, c)
		wantRefused(t, again, token)
	}
}

func TestRevocationsThatAreDamagedStopTheStart(t *testing.T) {
	for name, text := range map[string]string{
		"empty":       "",
		"newer":       "wab revoked tokens 2\n",
		"cut header":  revokedHeader[:8],
		"a line":      revokedHeader + "abc 1 r alice\nnonsense\nabd 1 r alice\n",
		"no time":     revokedHeader + "abc x r alice\n",
		"bad owner":   revokedHeader + "abc 1 r Alice\n",
		"bad kind":    revokedHeader + "abc 1 q alice\n",
		"past before": revokedHeader + "abc -1 r alice\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, revokedFile)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, Options{Clock: newClock()})
			wantOneLine(t, err, path, "backup")
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestRevocationThatCannotBeSavedStillHolds(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	a.revoked.file.Close()
	wantCode(t, a.Revoke(token), wire.Unavailable)
	wantRefused(t, a, token)
	wantCode(t, a.Revoke(token), wire.Unavailable) // and it goes on saying so
}

func TestRevocationsAreLimitedForNarrowedTokensOnly(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	a := open(t, dir, c)
	for i := range maxRevokedOwner {
		a.revoked.insert(revocation{id: fmt.Sprint(i), expires: c.Now().Unix() + 60, narrowed: true, owner: "alice"})
	}
	root := mint(t, a, "alice", policy.Scope{}, time.Hour)
	child, err := a.Narrow(root, policy.Scope{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, a.Revoke(child), wire.Quota)
	if err := a.Revoke(root); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, a, child)
	c.advance(2 * time.Minute)
	if err := a.Revoke(child); err != nil {
		t.Error("once the others have expired:", err)
	}
}

func FuzzParseRevocation(f *testing.F) {
	f.Add("abc 12 r alice")
	f.Add("abc 0 n bob")
	f.Fuzz(func(t *testing.T, line string) {
		r, ok := parseRevocation(line)
		if !ok {
			return
		}
		again, ok := parseRevocation(strings.TrimSuffix(r.line(), "\n"))
		if !ok || again != r {
			t.Errorf("%q reads as %+v, then %+v", line, r, again)
		}
	})
}
