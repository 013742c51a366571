package account

import (
	"errors"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

var forLamp = policy.Scope{App: "counter", CA: "alice/home", Methods: []string{"Get", "lamp-desired"}}

// shelf is what CAs say of their devices.
type shelf struct {
	ids map[string]string
	err error
}

func (s *shelf) device(app, ca, device string) (string, error) {
	return s.ids[app+":"+ca+" "+device], s.err
}

func openShelf(t *testing.T, dir string) (*Accounts, *shelf, *handClock) {
	t.Helper()
	c, s := newClock(), &shelf{ids: map[string]string{}}
	a, err := Open(dir, Options{Clock: c, Device: s.device})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a, s, c
}

func mintDevice(t *testing.T, a *Accounts) (token, id string) {
	t.Helper()
	token, id, err := a.MintDevice("alice", "lamp", forLamp, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token, id
}

const lamp = "counter:alice/home lamp"

func TestBUS6_ADevicesTokenIsGoodWhileItsCASaysSo(t *testing.T) {
	a, s, c := openShelf(t, t.TempDir())
	first, id := mintDevice(t, a)
	wantRefused(t, a, first) // what never was committed
	s.ids[lamp] = id
	owner, scope, err := a.Verify(first)
	if err != nil || owner != "alice" || scope.App != "counter" || scope.CA != "alice/home" || len(scope.Methods) != 2 {
		t.Fatal(owner, scope, err)
	}
	child, err := a.Narrow(first, policy.Scope{Methods: []string{"Get"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Verify(child); err != nil {
		t.Fatal(err)
	}
	second, id := mintDevice(t, a)
	s.ids[lamp] = id
	if _, _, err := a.Verify(second); err != nil {
		t.Error(err)
	}
	wantRefused(t, a, first)
	wantRefused(t, a, child)
	if _, err := a.Narrow(first, policy.Scope{}, 0); err == nil {
		t.Error("what has ended is narrowed")
	}
	delete(s.ids, lamp)
	wantRefused(t, a, second)
	s.ids[lamp] = id
	c.advance(time.Hour)
	wantRefused(t, a, second)
}

func TestBUS6_ADevicesTokenCanBeRevokedLikeOthers(t *testing.T) {
	a, s, _ := openShelf(t, t.TempDir())
	token, id := mintDevice(t, a)
	s.ids[lamp] = id
	if err := a.Revoke(token); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, a, token)
}

func TestADevicesTokenThatCantBeLookedUp(t *testing.T) {
	a, s, _ := openShelf(t, t.TempDir())
	token, id := mintDevice(t, a)
	s.ids[lamp], s.err = id, errors.New("the disk is gone")
	_, _, err := a.Verify(token)
	wantCode(t, err, wire.Unavailable)
	other := open(t, t.TempDir(), newClock()) // a server without devices
	token, _ = mintDevice(t, other)
	wantRefused(t, other, token)
}

func TestADevicesTokenIsNarrow(t *testing.T) {
	a, _, _ := openShelf(t, t.TempDir())
	for name, s := range map[string]policy.Scope{
		"everything": {},
		"no app":     {CA: "alice/home", Methods: []string{"Get"}},
		"no ca":      {App: "counter", Methods: []string{"Get"}},
		"all of it":  {App: "counter", CA: "alice/home"},
		"nonsense":   {App: "counter", CA: "alice/home", Methods: []string{"a b"}},
	} {
		_, _, err := a.MintDevice("alice", "lamp", s, time.Hour)
		if err == nil {
			t.Error(name, "went through")
			continue
		}
		wantCode(t, err, wire.BadRequest)
	}
	if _, _, err := a.MintDevice("alice", "", forLamp, time.Hour); err == nil {
		t.Error("a device without a name went through")
	}
}

func TestBUS6_OpenConnectionsHearOfDevices(t *testing.T) {
	a, _, _ := openShelf(t, t.TempDir())
	var heard []string
	defer a.Changed(func(owner string) { heard = append(heard, owner) })()
	a.DevicesChanged("alice")
	if len(heard) != 1 || heard[0] != "alice" {
		t.Errorf("heard %q", heard)
	}
}
