package pubsub_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestPUB1_APublishIsPartOfItsTransaction(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Follow", "forum/party", "OnMessage")
	w.must("alice/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	if r := w.do("alice/home", "Publish", "forum/party", "fail"); r.Code() != wire.Failed {
		t.Fatal(r)
	}
	w.must("alice/home", "Publish", "forum/party", "one")
	w.hears("alice/home", "alice>party:1=one")
	w.must("alice/home", "Publish", "alice/home/news", "two")
	w.hears("alice/home", "alice>party:1=one alice>homenews:1=two")
}

func TestPUB2_OnePublishersMessagesStayInOrder(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/home", "Allow", "anyone", "OnMessage")
	w.settled()
	for i := range 200 {
		for _, owner := range []string{"alice", "carol"} {
			w.Send(owner, owner+"/home", "Publish", args("forum/party", fmt.Sprint(owner[:1], i)))
		}
	}
	w.Until("all heard", func() bool { return strings.Count(w.log("bob/home"), "=") == 400 })
	next := map[string]int{}
	for _, line := range strings.Fields(w.log("bob/home")) {
		_, text, _ := strings.Cut(line, "=")
		if want := fmt.Sprint(text[:1], next[text[:1]]); text != want {
			t.Fatalf("%s where %s was to come", text, want)
		}
		next[text[:1]]++
	}
}

func TestPUB3_AFailedMessageIsNotRepeatedAndHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("bob/other", "Publish", "forum/party", "bad")
	w.must("bob/other", "Publish", "forum/party", "good")
	w.hears("bob/home", "bob>party:2=good")
	w.crash()
	w.must("bob/other", "Publish", "forum/party", "more")
	w.hears("bob/home", "bob>party:2=good bob>party:3=more")
}

func TestPUB3_WhoWasAwayTooLongHearsHowManyAreGone(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/gate", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "forum/party", "0")
	w.settled()
	w.must("bob/home", "Allow", "anyone", "OnMessage")
	w.must("alice/home", "Publish", "forum/party", "1")
	w.hears("bob/home", "alice>party:2=1")
	w.down() // bob/home's place is durable, but it sleeps through what follows
	w.forget("bob/home")
	w.up()
	for i := range 600 {
		w.must("alice/home", "Publish", "forum/party", fmt.Sprint(i))
	}
	w.settled()
	w.Clock.Advance(8 * 24 * time.Hour)
	w.must("alice/home", "Publish", "forum/party", "last")
	w.settled()
	w.remember()
	w.must("alice/home", "Publish", "forum/party", "later")
	w.Until("the last", func() bool { return strings.Contains(w.log("bob/home"), "later") })
	log := strings.Fields(w.log("bob/home"))
	if len(log) < 3 || log[1] != "alice>party:512=509+509" {
		t.Fatalf("%d heard, then %s", len(log), log[1])
	}
}

// forget hides from the topic that a CA follows; remember undoes it.
func (w *world) forget(ca string) {
	key := []byte("Tfapp:" + ca)
	w.hidden, _ = w.Store.Get("app:forum/party", key)
	w.hiddenKey = key
	w.edit(store.Write{Deletes: [][]byte{key}})
}

func (w *world) remember() {
	w.down()
	w.edit(store.Write{Puts: []store.KV{{Key: w.hiddenKey, Value: w.hidden}}})
	w.up()
}

// edit writes to the topic's keys behind its back, while the node is down.
func (w *world) edit(change store.Write) {
	rev, err := w.Store.Load("app:forum/party", []byte{'?'}, nil)
	if err != nil {
		w.T.Fatal(err)
	}
	change.CA, change.Expect, change.Due = "app:forum/party", rev, 1
	if r := w.Store.Commit([]store.Write{change})[0]; r.Err != nil {
		w.T.Fatal(r.Err)
	}
}

func TestPUB4_OnlyTheOwningCAPublishesToAPrivateTopic(t *testing.T) {
	w := newWorld(t)
	for _, other := range []string{"bob/home", "alice/other"} {
		w.must(other, "Publish", "alice/home/news", "forged")
		w.hears(other, "undone publish not_allowed")
	}
	w.must("alice/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "alice/home/news", "true")
	w.hears("alice/home", "alice>homenews:1=true")
}

func TestPUB4_WhoReadsAPrivateTopicIsPolicy(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Allow", "alice", "OnMessage")
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	w.hears("bob/home", "undone subscribe not_allowed")
	w.must("alice/home", "Allow", "bob", "news")
	w.must("bob/home", "Unfollow", "alice/home/news")
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "alice/home/news", "a")
	w.hears("bob/home", "undone subscribe not_allowed alice>homenews:1=a")
	w.must("alice/home", "Revoke", "bob", "news")
	w.must("alice/home", "Publish", "alice/home/news", "b")
	w.settled()
	w.must("alice/home", "Allow", "bob", "news")
	w.must("alice/home", "Publish", "alice/home/news", "c")
	w.hears("bob/home", "undone subscribe not_allowed alice>homenews:1=a alice>homenews:3=c")
}

func TestPUB4_TheReceiversPolicyFiltersByTheTruePublisher(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/home", "Allow", "alice", "OnMessage")
	w.settled()
	w.must("zoe/home", "Publish", "forum/party", "spam")
	w.must("alice/home", "Publish", "forum/party", "hello")
	w.hears("bob/home", "alice>party:2=hello")
	w.must("bob/home", "Revoke", "alice", "OnMessage")
	w.must("alice/home", "Publish", "forum/party", "again")
	w.must("bob/other", "Publish", "forum/party", "own")
	w.hears("bob/home", "alice>party:2=hello bob>party:4=own")
}

func TestBUS1_ATopicsHandlersAndItsActorTakeNoRequests(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Publish", "forum/party", "x")
	for _, method := range []string{"publish", "subscribe", "end"} {
		answered := make(chan *wire.Error, 1)
		w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: actortest.Name("app:alice"), To: topic("forum/party"), Method: method, Args: args("x"),
			Reply: func(_ []byte, err *wire.Error) { answered <- err }})
		if err := <-answered; err == nil {
			t.Error(method)
		}
	}
}

func TestPUB3_EndedSubscriptionsBringNothing(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/gone", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("bob/home", "Unfollow", "forum/party")
	w.must("bob/gone", "End")
	w.must("bob/other", "Publish", "forum/party", "x")
	w.settled()
	w.Until("gone", func() bool {
		w.pass(time.Second)
		return w.do("bob/gone", "Follow", "forum/party", "OnMessage2").Err == nil
	})
	w.settled()
	w.must("bob/other", "Publish", "forum/party", "y")
	w.hears("bob/gone", "bob>party:2=y")
	if got := w.log("bob/home"); got != "" {
		t.Error(got)
	}
	if s := w.hub.Stats(); s.Followers != 1 {
		t.Error(s)
	}
}

func TestPUB1_ATopicEndsWithItsCA(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Publish", "alice/home/news", "x")
	w.settled()
	w.must("alice/home", "End")
	w.Until("gone", func() bool {
		for _, key := range w.Memory.Keys("app:alice/home/news") {
			if key[0] == 'T' {
				return false
			}
		}
		return true
	})
}

// A message that changes nothing at its receiver, one that is refused for instance, is not written there.
func TestCA6_WhatIsRefusedOrChangesNothingIsNotWritten(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnNothing")
	w.must("zoe/home", "Publish", "forum/party", "warm")
	w.settled()
	rev, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil)
	for range 50 {
		w.must("zoe/home", "Publish", "forum/party", "spam")
		w.must("bob/other", "Publish", "forum/party", "idle")
	}
	w.settled()
	if now, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil); now != rev {
		t.Error("written")
	}
	w.Until("written after a while", func() bool {
		w.pass(20 * time.Second)
		now, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil)
		return now != rev
	})
}

// Whoever dies at which commit, before it is durable or after, each message is handled once, and in order.
func TestPUB3_CrashesBetweenCommitAndDeliveryLoseAndRepeatNothing(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { crashes(t, seed) })
	}
}

func crashes(t *testing.T, seed uint64) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(seed, 1))
	const readers, posts = 5, 40
	for i := range readers {
		w.must(fmt.Sprintf("r%d/home", i), "Follow", "forum/party", "OnMessage")
		w.must(fmt.Sprintf("r%d/home", i), "Allow", "anyone", "OnMessage")
	}
	w.settled()
	sent := map[string]int{}
	for i := range posts {
		w.dieAt(random.IntN(14), random.IntN(2) == 0)
		from := fmt.Sprintf("p%d/home", i%3)
		reply := w.Send(from[:2], from, "Publish", args("forum/party", fmt.Sprint(i)))
		w.Until("answered or dead", func() bool { return len(reply) > 0 || w.dead.Load() })
		if len(reply) > 0 && (<-reply).Err == nil {
			sent[fmt.Sprint(i)]++
		}
		if random.IntN(2) == 0 {
			w.settledOrDead()
		}
		w.revive()
	}
	w.Until("all heard", func() bool {
		w.pass(time.Second)
		for i := range readers {
			have := w.log(fmt.Sprintf("r%d/home", i))
			for text := range sent {
				if !strings.Contains(have+" ", "="+text+" ") {
					return false
				}
			}
		}
		return true
	})
	for i := range readers {
		last := 0
		for _, line := range strings.Fields(w.log(fmt.Sprintf("r%d/home", i))) {
			var offset int
			if _, err := fmt.Sscanf(line[strings.Index(line, ":")+1:], "%d=", &offset); err != nil || offset <= last {
				t.Fatalf("%s after %d", line, last)
			}
			last = offset
		}
	}
}

// A subscription that makes its topic counts as the first: after a crash the topic sees to it that its CA goes on.
func TestPUB3_ATopicsFirstFollowerIsRousedAfterACrash(t *testing.T) {
	w := newWorld(t)
	var begun atomic.Int64
	w.Class.Methods["OnMessage"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		begun.Add(1)
		return heard(tx, s, m)
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.noted() // bob has nothing to send at the start
	w.dieAtCommitOf("app:bob/home")
	w.must("bob/other", "Publish", "forum/party", "x")
	w.Until("the handler's commit to be lost", w.dead.Load)
	w.revive()
	w.Until("bob to be roused", func() bool { return begun.Load() == 2 })
	w.hears("bob/home", "bob>party:1=x")
}

// A record of somebody who follows that can't be read keeps nobody else from what they follow.
func TestPUB3_ADamagedFollowerHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.down()
	w.edit(store.Write{Puts: []store.KV{{Key: []byte("Tfapp:alice/home"), Value: []byte{0x80}}}})
	w.up()
	w.must("bob/other", "Publish", "forum/party", "x")
	w.hears("bob/home", "bob>party:1=x")
}
