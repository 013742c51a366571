package replica_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
)

// Who withdraws and comes back between two frames is there.
func TestMAP11_WhoComesBackAtOnceIsThere(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Allow", "anyone", "m")
	a, b := w.peer("alice").connect(), w.peer("bob").connect()
	subA, subB := a.open("app:alice/home/m"), b.open("app:alice/home/m")
	a.holds("app:alice/home/m")
	b.holds("app:alice/home/m")
	shows := func(value int64) func() bool {
		want := fmt.Sprintf("alice:%02x", cbor.AppendInt(nil, value))
		return func() bool {
			w.pass(50*time.Millisecond, a, b)
			return b.present(subB) == want
		}
	}
	for i := range int64(20) {
		a.show(subA, cbor.AppendInt(nil, -1-i))
		w.Until("alice to be there", shows(-1-i))
		a.show(subA, []byte(cbor.Null))
		a.show(subA, cbor.AppendInt(nil, 0))
		a.show(subA, []byte(cbor.Null))
		a.show(subA, cbor.AppendInt(nil, i))
		sub := a.open("app:alice/home/behind") // its answer comes after all of them
		a.holds("app:alice/home/behind")
		w.Clock.Advance(time.Second)
		w.Until("alice to be there still", shows(i))
		a.mu.Lock()
		a.mirrors.Close(a.now(), sub)
		a.drain()
		delete(a.subs, "app:alice/home/behind")
		a.mu.Unlock()
	}
}

func TestMAP11_PresenceLivesWithItsSubscription(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Allow", "anyone", "m")
	a, b := w.peer("alice").connect(), w.peer("bob").connect()
	subA, subB := a.open("app:alice/home/m"), b.open("app:alice/home/m")
	a.holds("app:alice/home/m")
	b.holds("app:alice/home/m")
	a.show(subA, cbor.AppendInt(nil, 5))
	sees := func(p *peer, want string) {
		t.Helper()
		w.Until(p.owner+" to see "+want, func() bool {
			w.pass(50*time.Millisecond, p)
			p.mu.Lock()
			defer p.mu.Unlock()
			return crowdText(p.crowd) == want
		})
	}
	sees(b, "alice:05")
	b.show(subB, cbor.AppendInt(nil, 6))
	sees(b, "bob:06") // or it would come together with what is next
	c := w.peer("carol").connect()
	subC := c.open("app:alice/home/m")
	c.holds("app:alice/home/m")
	w.Until("carol to see both", func() bool {
		w.pass(50*time.Millisecond, b, c)
		return slices.Equal(slices.Sorted(strings.SplitSeq(c.present(subC), " ")), []string{"alice:05", "bob:06"})
	})
	a.cut()
	sees(b, "-1")
}

// crowdText is a presence batch in words: owner:value of the changed, - and count of the gone.
func crowdText(b []byte) (out string) {
	if b == nil {
		return ""
	}
	r := cbor.NewReader(b)
	for range r.Array() {
		r.Array()
		r.Uint()
		out += r.Text() + fmt.Sprintf(":%02x", r.Raw())
	}
	if n := r.Array(); n > 0 {
		out += fmt.Sprint("-", n)
	}
	return out
}
