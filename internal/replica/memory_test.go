package replica_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor/actortest"
)

func TestMAP8_OneCopyHoweverManyReadAndNoneWhenNobodyDoes(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Both", 7)
	w.must("alice/home", "Allow", "anyone", "a", "b")
	w.down()
	var loaded atomic.Int32
	w.loads = func(ca string, done bool) error {
		if ca == "app:alice/home" && done {
			loaded.Add(1)
		}
		return nil
	}
	w.up()
	const readers = 100
	look := func() {
		t.Helper()
		var all []<-chan actortest.Reply
		for i := range readers {
			who := fmt.Sprint("r", i)
			all = append(all, w.Send(who, who+"/home", "Look", args("app:alice/home/a", "app:alice/home/b")))
		}
		for _, reply := range all {
			if got := w.Must(w.Await(reply)); string(got) != "\x82\x07\x07" {
				t.Fatalf("a reader sees %x", got)
			}
		}
	}
	look()
	var peers []*peer
	for i := range 10 {
		p := w.peer(fmt.Sprint("p", i)).connect()
		p.open("app:alice/home/a")
		p.holds("app:alice/home/a")
		peers = append(peers, p)
	}
	if n, held := loaded.Load(), w.hub.Stats(); n != 1 || held.Maps != 2 || held.Entries != 2 || held.Subscriptions != len(peers) {
		t.Errorf("loaded %d times: %+v", n, held)
	}
	for _, p := range peers {
		p.cut()
	}
	w.Until("all to be dropped", func() bool {
		w.Clock.Advance(2 * time.Minute)
		return w.hub.Stats().Writers == 0
	})
	look()
	if n := loaded.Load(); n != 2 {
		t.Errorf("loaded %d times", n)
	}
}
