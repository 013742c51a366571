package account

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handClock is a clock that tests set; nothing here waits for time.
type handClock struct {
	clock.Clock
	micros atomic.Int64
}

func newClock() *handClock {
	c := new(handClock)
	c.micros.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *handClock) Now() time.Time          { return time.UnixMicro(c.micros.Load()).UTC() }
func (c *handClock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

func open(t testing.TB, dir string, c *handClock) *Accounts {
	t.Helper()
	a, err := Open(dir, Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func mint(t testing.TB, a *Accounts, owner string, s policy.Scope, ttl time.Duration) string {
	t.Helper()
	token, err := a.Mint(owner, s, ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wantCode(t testing.TB, err error, code wire.Code) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("want code %s, got %v", code, err)
	}
}

// wantOneLine checks an error that an operator reads at start.
func wantOneLine(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("want an error")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q doesn't say %q", err, w)
		}
	}
}
