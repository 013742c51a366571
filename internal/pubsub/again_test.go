package pubsub_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/pubsub"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// again ends a subscription and begins it anew, in one transaction.
func (w *world) again(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if _, err := w.unfollow(tx, s, m); err != nil {
		return nil, err
	}
	return w.follow(tx, s, m)
}

// holdTopic keeps the topic's commits from being made until the returned func is called.
func (w *world) holdTopic(key string) (held <-chan struct{}, release func()) {
	in, out := make(chan struct{}), make(chan struct{})
	first := true
	hold := func(all []store.Write) error {
		for i := range all {
			if all[i].CA == key && first {
				first = false
				close(in)
				<-out
			}
		}
		return nil
	}
	w.early.Store(&hold)
	return in, func() { close(out) }
}

// Until the topic has heard of it, the place where the old subscription began is still in its books.
func TestPUB3_ASubscriptionBegunAnewRepeatsNothing(t *testing.T) {
	w := newWorld(t)
	var count atomic.Int64
	w.Class.Methods["Again"] = w.again
	w.Class.Methods["OnMessage"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		count.Add(1)
		return heard(tx, s, m)
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	for i := range 3 {
		w.must("bob/other", "Publish", "forum/party", fmt.Sprint(i))
	}
	const all = "bob>party:1=0 bob>party:2=1 bob>party:3=2"
	w.hears("bob/home", all)
	w.settled()
	held, release := w.holdTopic("app:forum/party")
	w.must("bob/home", "Again", "forum/party", "OnMessage")
	<-held
	w.Runtime.Rouse(actortest.Name("app:bob/home"))
	looked := w.Send("bob", "bob/home", "Log", args())
	w.Until("looked", func() bool { return len(looked) > 0 || count.Load() > 3 })
	release()
	if count.Load() > 3 {
		t.Error("a message came again")
	}
	w.settled()
	w.must("bob/other", "Publish", "forum/party", "new")
	w.Until("the new one", func() bool { return strings.Contains(w.log("bob/home"), "=new") })
	if got := w.log("bob/home"); got != all+" bob>party:4=new" {
		t.Error(got)
	}
}

// A topic that has ended, and is made anew, is followed by who asks for it again.
func TestPUB3_WhoFollowsATopicMadeAnewHearsOfIt(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Allow", "bob", "news")
	w.must("alice/home", "Publish", "alice/home/news", "warm")
	w.must("bob/home", "Allow", "alice", "OnMessage")
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "alice/home/news", "old")
	w.hears("bob/home", "alice>homenews:2=old")
	w.must("alice/home", "End")
	w.Until("made anew", func() bool {
		w.pass(time.Second)
		return w.do("alice/home", "Allow", "bob", "news").Err == nil
	})
	w.must("alice/home", "Publish", "alice/home/news", "between")
	w.settled()
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "alice/home/news", "new")
	w.hears("bob/home", "alice>homenews:2=old alice>homenews:2=new")
}

// So is one whose policy has refused first.
func TestPUB4_WhoWasRefusedMayAskAgain(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Allow", "alice", "OnMessage")
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	const refused = "undone subscribe not_allowed"
	w.hears("bob/home", refused)
	w.must("alice/home", "Allow", "bob", "news")
	w.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	w.settled()
	w.must("alice/home", "Publish", "alice/home/news", "a")
	w.hears("bob/home", refused+" alice>homenews:1=a")
}

// Following what is followed already changes nothing: an app may do so whenever it is loaded.
func TestCA6_FollowingAgainWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.must("bob/other", "Publish", "forum/party", "x")
	w.settled()
	w.hears("bob/home", "bob>party:1=x")
	rev, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil)
	topic, _ := w.Store.Load("app:forum/party", []byte{'?'}, nil)
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	if now, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil); now != rev {
		t.Error("the CA was written")
	}
	if now, _ := w.Store.Load("app:forum/party", []byte{'?'}, nil); now != topic {
		t.Error("the topic was written")
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage2")
	w.settled()
	if now, _ := w.Store.Load("app:bob/home", []byte{'?'}, nil); now == rev {
		t.Error("another method was not written")
	}
}

// What has grown old all at once leaves the log bit by bit: nobody waits for one huge commit.
func TestPUB3_ALogThatHasGrownOldAsAWholeLeavesBitByBit(t *testing.T) {
	h := newHall(t)
	const blocks, each = 40, 2048
	left := func() int { return len(h.Memory.Keys("app:forum/party")) }
	for i := 0; i < blocks*256; i += each {
		h.must("alice/home", "Many", "forum/party", i, i+each, 0)
		h.settled()
		for left() < (i+each)/256*257 { // what a full mailbox has refused comes again
			h.pass(time.Second)
			h.settled()
		}
		h.pass(time.Second) // what has arrived leaves the outbox
	}
	h.Clock.Advance(8 * 24 * time.Hour)
	for range 5 {
		before := left()
		h.say("alice/home", "forum/party", "later")
		if gone := before - left(); gone > 17*257 {
			t.Fatalf("%d keys at once", gone)
		}
	}
	if left() > 300 {
		t.Errorf("%d keys are left", left())
	}
}

// A CA may end a subscription in its handler, and begin it anew there: from then on.
func TestPUB3_AHandlerMayEndItsSubscriptionAndBeginIt(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["OnMessage"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		heard(tx, s, m)
		again := *m
		again.Args = args("forum/party", "OnMessage")
		return w.again(tx, s, &again)
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	const all = "bob>party:1=0 bob>party:2=1 bob>party:3=2"
	for i := range 3 {
		w.must("bob/other", "Publish", "forum/party", fmt.Sprint(i))
		w.settled()
	}
	w.hears("bob/home", all)
	w.crash()
	w.settled()
	w.hears("bob/home", all)
}

// Topics of its own are loaded with a CA, and end with it: there are not more than it can end.
func TestPUB1_ACAHas256TopicsOfItsOwn(t *testing.T) {
	w := newWorld(t)
	for i := range pubsub.MaxOwn {
		w.must("alice/home", "Publish", fmt.Sprint("alice/home/t", i), "x")
	}
	if r := w.do("alice/home", "Publish", "alice/home/one-more", "x"); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	w.must("alice/home", "Publish", "alice/home/t0", "x")
	w.settled()
	w.must("alice/home", "End")
	w.Until("gone", func() bool {
		for _, ca := range w.Memory.CAs() {
			if strings.HasPrefix(ca, "app:alice/home/t") && len(w.Memory.Keys(ca)) > 0 && w.Memory.Keys(ca)[0] == "T" {
				return false
			}
		}
		return true
	})
}

// What is published to a topic with the end of its CA would make it anew, and nobody would end it.
func TestPUB1_NothingIsPublishedToATopicThatEnds(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["EndAndPublish"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		if _, err := w.end(tx, s, m); err != nil {
			return nil, err
		}
		return w.publish(tx, s, m)
	}
	w.must("alice/home", "Publish", "alice/home/news", "x")
	if r := w.do("alice/home", "EndAndPublish", "alice/home/news", "y"); r.Err == nil {
		t.Error("published")
	}
	w.must("alice/home", "EndAndPublish", "forum/party", "farewell")
}
