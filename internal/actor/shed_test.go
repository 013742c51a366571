package actor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store"
)

// However many CAs somebody wakes within a minute, those longest idle make room, and none has lost anything.
func TestOPS1_IdleCAsMakeRoomForOthers(t *testing.T) {
	const room, many = 64, 1000
	w := actortest.NewWorld(t, counter())
	w.Options.MaxActive = room
	w.Boot()
	ca := func(i int) string { return fmt.Sprint("alice/", i) }
	for round := range 2 {
		for i := range many {
			w.Clock.Advance(time.Microsecond)
			w.Must(w.Call(ca(i), "add", nil))
			w.Must(w.Call("bob/home", "add", nil))
			w.Until("room", func() bool { return w.Runtime.Active() <= room+room/8+1 })
		}
		for i := range many {
			if n := number(w.Call(ca(i), "get", nil)); n != int64(round+1) {
				t.Fatalf("CA %d has counted %d times of %d", i, n, round+1)
			}
		}
	}
	before := w.Store.Loads.Load()
	w.Must(w.Call("bob/home", "add", nil))
	w.Must(w.Call("bob/home", "add", nil))
	if n := w.Store.Loads.Load() - before; n > 1 {
		t.Errorf("who is busy was loaded %d times", n)
	}
}

// What still has something to write stays, and goes later: not only when others come, or when its minute is over.
func TestOPS1_WhatCannotLeaveIsKept(t *testing.T) {
	const room, many = 64, 1000
	w := actortest.NewWorld(t, counter())
	w.Options.MaxActive = room
	hold := make(chan struct{})
	w.Store.Before = func([]store.Write) error { <-hold; return nil }
	w.Boot()
	var replies []<-chan actortest.Reply
	for i := range many {
		replies = append(replies, w.Send("alice", fmt.Sprint("alice/", i), "add", nil))
	}
	w.Until("all to be there", func() bool { return w.Runtime.Active() == many })
	close(hold)
	for _, r := range replies {
		w.Must(w.Await(r))
	}
	w.Until("nothing under way", w.Runtime.Quiet)
	w.Clock.Advance(30 * time.Second)
	w.Until("room", func() bool { return w.Runtime.Active() <= room })
	w.Clock.Advance(2 * time.Minute)
	w.Until("none", func() bool { return w.Runtime.Active() == 0 })
}

// A limit that makes no sense is none of ours: the default counts.
func TestOPS1_ALimitBelowZeroIsTheDefault(t *testing.T) {
	const many = 200
	w := actortest.NewWorld(t, counter())
	w.Options.MaxActive = -9
	w.Boot()
	for i := range many {
		w.Must(w.Call(fmt.Sprint("alice/", i), "add", nil))
	}
	if n := w.Runtime.Active(); n != many {
		t.Errorf("%d of %d have stayed", n, many)
	}
}
