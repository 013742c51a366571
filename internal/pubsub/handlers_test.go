package pubsub_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
)

// A message on which policy can't decide waits, and those behind it with it; then each is handled once, in order, also if the node dies meanwhile.
func TestPUB3_WhatPolicyCantDecideOnComesWhenItCan(t *testing.T) {
	h := newHall(t)
	h.must("bob/home", "AllowGroup", "OnMessage")
	h.must("bob/home", "Follow", "forum/party", "OnMessage")
	h.settled()
	h.members.Store(&policy.Membership{Answer: policy.Unknown})
	for i := range 3 {
		h.must("alice/home", "Publish", "forum/party", fmt.Sprint(i))
	}
	h.holds("forum/party", 3) // two publishers' messages are in no order
	h.must("bob/other", "Publish", "forum/party", "own")
	for range 5 {
		h.pass(time.Second)
		if got := h.log("bob/home"); got != "" {
			t.Fatal(got)
		}
	}
	h.crash()
	h.pass(time.Second)
	if got := h.log("bob/home"); got != "" {
		t.Fatal(got)
	}
	h.members.Store(&policy.Membership{Answer: policy.Yes})
	const all = "alice>party:1=0 alice>party:2=1 alice>party:3=2 bob>party:4=own"
	h.Until("heard", func() bool { h.pass(time.Second); return len(h.log("bob/home")) >= len(all) })
	h.hears("bob/home", all)
}

// A handler past its deadline has failed, for good: nothing of it stays, its message does not come again, and the next ones do.
func TestPUB3_AHandlerPastItsDeadlineHasFailedAndHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	w.Class.Limit = 10 * time.Second
	began, end := make(chan struct{}, 10), make(chan struct{})
	w.Class.Methods["OnMessage"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		result, err := heard(tx, s, m)
		if r := cbor.NewReader(m.Args); r.Text() == "slow" {
			began <- struct{}{}
			<-end
		}
		return result, err
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("bob/other", "Publish", "forum/party", "slow")
	<-began
	w.must("bob/other", "Publish", "forum/party", "next")
	w.holds("forum/party", 2) // nobody else is at work when time passes
	w.Clock.Advance(w.Class.Limit)
	w.Until("the next one to be handled", func() bool { return w.hub.Stats().Behind == 0 })
	w.hears("bob/home", "bob>party:2=next")
	close(end)
	w.crash()
	w.settled()
	w.hears("bob/home", "bob>party:2=next")
	if len(began) > 0 {
		t.Error("it began again")
	}
}

// A handler may publish to the topic that it follows.
func TestPUB3_AHandlerThatFeedsItsOwnTopicHearsEachOnce(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["OnMessage"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		if len(s.Log) < 50 {
			if err := w.topics.Publish(tx, topic("forum/party"), cbor.AppendText(nil, fmt.Sprint(len(s.Log)))); err != nil {
				return nil, err
			}
		}
		return heard(tx, s, m)
	}
	w.must("bob/home", "Follow", "forum/party", "OnMessage")
	w.settled()
	w.must("bob/home", "Publish", "forum/party", "go")
	want := "bob>party:1=go"
	for i := range 50 {
		want += fmt.Sprintf(" bob>party:%d=%d", i+2, i)
	}
	w.hears("bob/home", want)
}

// A CA may follow in Init, and as many topics as there may be; each brings its own.
func TestPUB3_ACAMayFollow256TopicsFromItsInit(t *testing.T) {
	w := newWorld(t)
	w.Class.Life[actor.Init] = func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
		if tx.Self().Owner != "bob" {
			return nil, nil
		}
		for i := range 256 {
			if err := w.topics.Subscribe(tx, topic(fmt.Sprint("forum/t", i)), "OnMessage"); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	w.must("bob/home", "Allow", "anyone", "OnMessage")
	w.settled()
	w.crash()
	want := ""
	for i := range 256 {
		w.must("alice/home", "Publish", fmt.Sprint("forum/t", i), "x")
		want += fmt.Sprintf(" alice>t%d:1=x", i)
	}
	w.Until("all", func() bool { return len(w.log("bob/home")) == len(want)-1 })
	w.crash()
	w.settled()
	if got := len(w.log("bob/home")); got != len(want)-1 {
		t.Error(got)
	}
}

// However many messages a CA may not read, it comes to those that it may.
func TestPUB4_ManyMessagesThatACAMayNotReadArePassedOver(t *testing.T) {
	h := newHall(t)
	h.must("alice/home", "Allow", "bob", "news")
	h.must("bob/home", "Allow", "alice", "OnMessage")
	h.must("bob/home", "Follow", "alice/home/news", "OnMessage")
	h.settled()
	h.must("alice/home", "Revoke", "bob", "news")
	h.must("alice/home", "Many", "alice/home/news", 0, 1000, 0)
	h.settled()
	h.must("alice/home", "Allow", "bob", "news")
	h.say("alice/home", "alice/home/news", "now")
	h.hears("bob/home", "alice>homenews:1001=now")
}
