package replica_test

import (
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
	shows := func(want int) func() bool {
		return func() bool {
			w.Clock.Advance(50 * time.Millisecond)
			b.mu.Lock()
			defer b.mu.Unlock()
			_, all := b.mirrors.Presence(subB)
			r := cbor.NewReader(all)
			return r.Array() == want
		}
	}
	for i := range 20 {
		a.show(subA, cbor.AppendInt(nil, 1))
		w.Until("alice to be there", shows(1))
		a.show(subA, []byte(cbor.Null))
		a.show(subA, cbor.AppendInt(nil, int64(i)))
		a.show(subA, []byte(cbor.Null))
		a.show(subA, cbor.AppendInt(nil, int64(i)))
		sub := a.open("app:alice/home/behind") // its answer comes after all of them
		a.holds("app:alice/home/behind")
		w.Clock.Advance(time.Second)
		w.Until("alice to be there still", shows(1))
		a.mu.Lock()
		a.mirrors.Close(a.now(), sub)
		a.drain()
		delete(a.subs, "app:alice/home/behind")
		a.mu.Unlock()
	}
}
