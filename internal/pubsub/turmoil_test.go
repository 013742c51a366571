package pubsub_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
)

// Readers come and go, end and are made anew, handlers fail, publishers end too, and the node dies at commits: what a reader hears of a topic rises, nothing comes twice, each
// publisher's messages stay in order, and who has stayed hears all that was acknowledged.
func TestPUB3_ThroughTurmoilNothingIsRepeatedAndWhoStaysMissesNothing(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { turmoil(t, seed) })
	}
}

type turmoiler struct {
	*world
	random *rand.Rand
	said   int
	acked  []string
}

func turmoil(t *testing.T, seed uint64) {
	w := &turmoiler{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 7))}
	w.Class.Methods["Again"] = w.again
	for _, ca := range []string{"stays/home", "again/home", "ends/home"} {
		w.must(ca, "Allow", "anyone", "OnMessage")
		w.must(ca, "Follow", "forum/party", "OnMessage")
	}
	w.settled()
	for range 40 {
		w.dieAt(w.random.IntN(20), w.random.IntN(2) == 0)
		for range 1 + w.random.IntN(4) {
			w.something()
		}
		if w.random.IntN(2) == 0 {
			w.settledOrDead()
		}
		w.check("again/home")
		w.check("ends/home")
		w.revive()
	}
	w.Until("all heard", func() bool {
		w.pass(time.Second)
		have := w.log("stays/home") + " "
		for _, text := range w.acked {
			if !strings.Contains(have, "="+text+" ") {
				return false
			}
		}
		return true
	})
	for _, ca := range []string{"stays/home", "again/home", "ends/home"} {
		w.check(ca)
	}
}

// something happens; it may come to nothing, for the node may be dead.
func (w *turmoiler) something() {
	from := fmt.Sprintf("p%d", w.random.IntN(3))
	text := fmt.Sprintf("%s-%d", from, w.said)
	ask := func(owner, ca, method string, list ...any) bool {
		reply := w.Send(owner, ca, method, args(list...))
		w.Until("answered or dead", func() bool { return len(reply) > 0 || w.dead.Load() })
		return len(reply) > 0 && (<-reply).Err == nil
	}
	switch w.random.IntN(10) {
	case 0, 1:
		ask("again", "again/home", "Again", "forum/party", "OnMessage")
	case 2:
		if ask("ends", "ends/home", "End") {
			ask("ends", "ends/home", "Allow", "anyone", "OnMessage")
			ask("ends", "ends/home", "Follow", "forum/party", "OnMessage")
		}
	case 3:
		ask("ends", "ends/home", "Follow", "forum/party", "OnMessage2")
	case 4:
		ask(from, from+"/home", "End")
	default:
		w.said++
		if ask(from, from+"/home", "Publish", "forum/party", text) {
			w.acked = append(w.acked, text)
		}
	}
}

// check looks at what a CA has heard so far; nothing where it does not answer.
func (w *turmoiler) check(ca string) {
	w.T.Helper()
	if w.dead.Load() {
		return
	}
	owner, _, _ := strings.Cut(ca, "/")
	reply := w.Send(owner, ca, "Log", args())
	w.Until("answered or dead", func() bool { return len(reply) > 0 || w.dead.Load() })
	if len(reply) == 0 {
		return
	}
	r := <-reply
	if r.Err != nil {
		return
	}
	last, by := 0, map[string]int{}
	text := cbor.NewReader(r.Result)
	for _, line := range strings.Fields(text.Text()) {
		_, line, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		var offset, n int
		place, text, _ := strings.Cut(line, "=")
		fmt.Sscan(place, &offset)
		from, number, _ := strings.Cut(text, "-")
		fmt.Sscan(number, &n)
		if offset <= last || n < by[from] {
			w.T.Fatalf("%s heard %s after %d, and %d by %s", ca, line, last, by[from], from)
		}
		last, by[from] = offset, n+1
	}
}

// A start looks at topics whose followers may lack something, and at no CA that has handled all.
func TestCA10_AStartReadsNoCAThatHasHandledAll(t *testing.T) {
	w := newWorld(t)
	const followers = 500
	for i := range followers {
		w.must(fmt.Sprintf("r%d/home", i), "Follow", "forum/party", "OnNothing")
	}
	w.must("alice/home", "Publish", "forum/party", "x")
	w.settled()
	w.noted()
	w.down()
	loads := w.Store.Loads.Load()
	w.up()
	w.Clock.Advance(time.Minute)
	w.settled()
	if n := w.Store.Loads.Load() - loads; n > 10 {
		t.Errorf("%d loads", n)
	}
}

// Where time has passed, and the topic had no turn in it, what all have handled may have left memory before the topic has noted it.
func TestCA10_WhatAllHaveHandledIsNotedAlsoIfItHasLeftMemory(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/other", "Publish", "forum/party", "x")
	w.hears("bob/home", "bob>party:1=x")
	w.settled()
	w.hub.Sweep()
	w.hub.Sweep()
	if n := w.hub.Stats().Topics; n != 0 {
		t.Fatal(n, "topics are in memory")
	}
	w.noted()
	if got := w.log("bob/home"); got != "bob>party:1=x" {
		t.Error(got)
	}
}

// A topic that reads anew what has left memory shows nothing that is still being written: after a crash another message would have that place.
func TestPUB3_WhatHasLeftMemoryComesBackAsItIsStored(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/other", "Publish", "forum/party", "x")
	w.hears("bob/home", "bob>party:1=x")
	w.pass(9 * time.Second) // outboxes are empty
	w.settled()
	w.hub.Sweep()
	w.hub.Sweep()
	if n := w.hub.Stats().Topics; n != 0 {
		t.Fatal(n, "topics are in memory")
	}
	held, hold := make(chan struct{}), make(chan struct{})
	slow := func(all []store.Write) error {
		if all[0].CA == "app:forum/party" {
			held <- struct{}{}
			<-hold
		}
		return nil
	}
	w.early.Store(&slow)
	w.must("bob/other", "Publish", "forum/party", "y")
	<-held
	w.Clock.Advance(time.Second)
	w.Until("the topic to know who follows", func() bool { return w.hub.Stats().Followers == 1 })
	if n := w.hub.Last(topic("forum/party")); n != 1 {
		t.Errorf("message %d is shown, of one that is durable", n)
	}
	w.early.Store(nil)
	close(hold)
	w.hears("bob/home", "bob>party:1=x bob>party:2=y")
}

// noted waits until nobody is to be looked at when the server starts: topics know that all have handled all, and outboxes are empty.
func (w *world) noted() {
	w.T.Helper()
	w.Until("noted", func() bool {
		w.pass(15 * time.Second)
		due, _ := w.Store.DueBefore(1, store.Due{}, 10)
		return len(due) == 0 && w.idle()
	})
}

// One follower that can't go on, for long, has nobody else loaded at each start.
func TestCA10_AFollowerThatCantGoOnHasNobodyElseLoadedAtAStart(t *testing.T) {
	w := newWorld(t)
	const followers = 300
	var lost atomic.Bool
	w.Class.BadState = func(state []byte) error {
		if lost.Load() && bytes.Contains(state, []byte("marked")) {
			return errors.New("as it was told")
		}
		return nil
	}
	for i := range followers {
		ca := fmt.Sprintf("r%d/home", i)
		w.must(ca, "Allow", "anyone", "OnMessage")
		w.must(ca, "Follow", "forum/party", "OnMessage")
	}
	w.must("stuck/home", "Follow", "forum/mark", "OnMessage")
	w.must("stuck/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("stuck/other", "Publish", "forum/mark", "marked")
	w.hears("stuck/home", "stuck>mark:1=marked")
	w.settled()
	w.noted()
	w.down()
	lost.Store(true)
	w.up()
	w.must("alice/home", "Publish", "forum/party", "x")
	w.Until("all others have it", func() bool {
		return w.hub.Stats().Followers == followers+1 && w.hub.Stats().Behind == 1 && w.Runtime.Quiet()
	})
	w.down()
	loads := w.Store.Loads.Load()
	w.up()
	w.Until("all others are known to have it", func() bool {
		return w.hub.Stats().Followers == followers+1 && w.hub.Stats().Behind == 1 && w.Runtime.Quiet()
	})
	if n := w.Store.Loads.Load() - loads; n > 10 {
		t.Errorf("%d loads", n)
	}
	lost.Store(false)
	w.down()
	w.up()
	w.settled()
	w.must("stuck/other", "Publish", "forum/mark", "later")
	w.Until("the one too", func() bool { return strings.Contains(w.log("stuck/home"), "mark:2=later") })
}
