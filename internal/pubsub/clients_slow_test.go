package pubsub_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// flood publishes messages of a size, from several CAs: there is a limit to what may be on its way from one.
func (h *hall) flood(topic string, messages, size int) {
	h.T.Helper()
	for i := 0; i < messages; i += 50 {
		h.must(fmt.Sprint("alice/home-", i), "Many", topic, i, min(messages, i+50), size)
		h.Until("the flood to get on", h.Runtime.Quiet)
	}
}

func TestPUB3_AFloodOnOneTopicDoesNotStarveAnother(t *testing.T) {
	h := newHall(t)
	h.queue = 128 << 10
	h.crash()
	p, other := h.peer("bob"), h.peer("carol")
	loud, calm := p.follow("forum/loud").lives(), p.follow("forum/calm").lives()
	elsewhere := other.follow("forum/calm").lives()
	p.pause(true)
	const messages, size = 500, 60_000 // more than the system holds for a socket
	h.flood("forum/loud", messages, size)
	h.say("alice/home", "forum/calm", "hello")
	elsewhere.hears("1:alice/home=hello")
	var before int
	p.mu.Lock()
	p.saw = func(t *hearing) {
		if t == calm {
			before = len(loud.got)
		}
	}
	p.mu.Unlock()
	p.pause(false)
	calm.hears("1:alice/home=hello")
	loud.at(messages)
	if p.mu.Lock(); before > messages*3/4 {
		t.Error("what is calm came after", before)
	}
	p.mu.Unlock()
}

func TestPUB3_ASlowReaderIsToldWhatItHasLost(t *testing.T) {
	h := newHall(t)
	h.queue = 128 << 10
	h.crash()
	h.say("alice/home", "forum/loud", "before")
	p := h.peer("bob")
	loud := p.follow("forum/loud").lives()
	p.pause(true)
	const messages, size = 1401, 65_000 // more than a log keeps
	h.flood("forum/loud", messages-1, size)
	p.pause(false)
	loud.at(messages)
	p.mu.Lock()
	defer p.mu.Unlock()
	gaps, heard := 0, uint64(1)
	for _, f := range loud.opened[1:] {
		if !f.Gap || f.Missed == 0 {
			t.Errorf("%+v", f)
		}
		gaps++
		heard += f.Missed
	}
	for _, line := range loud.got {
		if !strings.HasPrefix(line, "+") {
			heard++
		}
	}
	if gaps == 0 || heard != messages {
		t.Error(gaps, "gaps,", heard, "messages")
	}
}

// What policy can't tell waits, and what is behind it.
func TestBUS4_MessagesWaitForWhatIsUnknown(t *testing.T) {
	h := newHall(t)
	h.must("bob/home", "AllowGroup", "OnTweet")
	h.must("alice/home", "AllowGroup", "news")
	in, out := policy.Membership{Answer: policy.Yes}, policy.Membership{Answer: policy.No}
	h.members.Store(&in)
	p := h.peer("bob")
	some := p.filter("forum/party", "app:bob/home", "OnTweet").lives()
	news := p.follow("alice/home/news").lives()
	h.say("alice/home", "forum/party", "a")
	h.say("alice/home", "alice/home/news", "a")
	some.hears("1:alice/home=a")
	news.hears("1:alice/home=a")
	h.members.Store(&policy.Membership{})
	h.say("bob/other", "forum/party", "own")
	h.say("alice/home", "forum/party", "b")
	h.say("bob/other", "forum/party", "behind")
	h.say("alice/home", "alice/home/news", "b")
	some.hears("1:alice/home=a 2:bob/other=own")
	waits := func() {
		t.Helper()
		h.Until("both to wait", func() bool { return h.hub.Postponed() == 2 })
	}
	waits()
	h.Clock.Advance(2 * time.Second) // still nobody knows
	waits()
	h.members.Store(&in)
	h.Clock.Advance(2 * time.Second)
	some.hears("1:alice/home=a 2:bob/other=own 3:alice/home=b 4:bob/other=behind")
	news.hears("1:alice/home=a 2:alice/home=b")
	h.members.Store(&out)
	h.say("alice/home", "alice/home/news", "c")
	news.ends(wire.NotAllowed)
}

// fickle is a store that at times can't read messages.
type fickle struct {
	store.Store
	fails atomic.Bool
}

var errDisk = errors.New("a bad block")

func (f *fickle) Get(ca string, key []byte) ([]byte, error) {
	if f.fails.Load() && bytes.HasPrefix(key, []byte("Tm")) {
		return nil, errDisk
	}
	return f.Store.Get(ca, key)
}

func TestPUB3_WhatCantBeReadIsWaitedFor(t *testing.T) {
	h := newHall(t)
	before := h.peer("bob").follow("forum/party").lives()
	h.say("alice/home", "forum/party", "a")
	h.say("alice/home", "forum/party", "b")
	before.hears("1:alice/home=a 2:alice/home=b")
	epoch, _ := before.position()
	h.shut()
	h.down()
	disk := &fickle{Store: h.Store.Store}
	h.Store.Store = disk
	h.up()
	h.open()
	disk.fails.Store(true)
	party := h.peer("carol").follow("forum/party", epoch, 0).lives()
	h.say("alice/home", "forum/party", "c")
	waits := func() {
		t.Helper()
		h.Until("another look at the store", func() bool { return h.hub.Postponed() == 1 })
	}
	for range 3 {
		waits()
		h.Clock.Advance(2 * time.Second)
	}
	waits()
	disk.fails.Store(false)
	h.Clock.Advance(2 * time.Second)
	party.hears("1:alice/home=a 2:alice/home=b 3:alice/home=c")
	if !h.Log.Has("a bad block") {
		t.Error("nobody has heard of the disk")
	}
}

func TestBUS6_ANarrowedTokenOpensAForumForWhatItPermits(t *testing.T) {
	h := newHall(t)
	h.tokens.narrow("bob/gadget", policy.Scope{App: "app", CA: "bob/home", Methods: []string{"OnTweet", "news"}})
	h.tokens.narrow("bob/app", policy.Scope{App: "app"})
	h.tokens.narrow("bob/elsewhere", policy.Scope{App: "elsewhere"})
	h.must("bob/home", "Allow", "anyone", "OnTweet")
	for _, c := range []struct{ token, topic, ca, method, code string }{
		{"bob/gadget", "forum/party", "", "", "not_allowed"},
		{"bob/gadget", "forum/party", "app:bob/home", "OnOther", "not_allowed"},
		{"bob/gadget", "forum/party", "app:bob/other", "OnTweet", "not_allowed"},
		{"bob/gadget", "forum/party", "app:bob/home", "OnTweet", ""},
		{"bob/gadget", "bob/home/news", "", "", ""},
		{"bob/gadget", "bob/home/other", "", "", "not_allowed"},
		{"bob/app", "forum/party", "", "", ""},
		{"bob/elsewhere", "forum/party", "", "", "not_allowed"},
		{"bob/elsewhere", "bob/home/news", "", "", "not_allowed"},
		{"bob", "forum/party", "bob/home", "OnTweet", "bad_request"},
		{"bob", "forum/party", "app:alice/home", "OnTweet", "not_allowed"},
		{"bob", "forum/party/x", "", "", "bad_request"},
	} {
		topic := h.peer(c.token).filter(c.topic, c.ca, c.method)
		if c.code == "" {
			topic.lives()
		} else {
			topic.ends(wire.Code(c.code))
		}
	}
}

func TestBUS6_AnotherTokenEndsWhatItDoesNotOpen(t *testing.T) {
	h := newHall(t)
	h.tokens.narrow("bob/gadget", policy.Scope{CA: "bob/home", Methods: []string{"OnTweet"}})
	p := h.peer("bob")
	all := p.follow("forum/party").lives()
	some := p.filter("forum/party", "app:bob/home", "OnTweet").lives()
	p.mu.Lock()
	p.write(wire.Auth{Token: "bob/gadget"}.Append(nil))
	p.mu.Unlock()
	all.ends(wire.NotAllowed)
	h.say("bob/other", "forum/party", "a")
	some.hears("1:bob/other=a")
}

func TestOPS1_SubscriptionsAreLimited(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	var last *hearing
	for i := range 256 {
		last = p.follow(fmt.Sprint("forum/party-", i))
	}
	last.lives()
	p.follow("forum/one-more").ends(wire.TooLarge)
	last.close()
	p.follow("forum/one-more").lives()
	p.cut()
	h.Until("all to be gone", func() bool { return h.hub.Stats().Listeners == 0 })
}

func TestOPS1_ANumberInUseIsForTheSameTopicOnly(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	party := p.follow("forum/party").lives()
	p.mu.Lock()
	p.write(wire.TopicOpen{Sub: party.sub, Topic: "app:forum/other"}.Append(nil))
	p.mu.Unlock()
	party.ends(wire.Conflict)
}

func TestATopicThatClientsFollowStaysInMemory(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	party := p.follow("forum/party").lives()
	h.say("alice/home", "forum/party", "a")
	party.hears("1:alice/home=a")
	for range 10 {
		h.Clock.Advance(30 * time.Second)
		p.ping()
	}
	h.say("alice/home", "forum/party", "b")
	party.hears("1:alice/home=a 2:alice/home=b")
	party.close()
	h.Until("it to be dropped", func() bool {
		h.Clock.Advance(30 * time.Second)
		p.ping()
		return h.hub.Stats().Topics == 0
	})
}
