package pubsub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func (h *hall) topicsGone() {
	h.T.Helper()
	h.Until("no topic to be left in memory", func() bool { return h.hub.Stats().Topics == 0 })
}

// Topics that somebody has only looked at cost nothing when they are closed, or when the connection is gone, however many they were: no time has to pass.
func TestOPS1_WhoOpensTopicsInALoopLeavesNothingBehind(t *testing.T) {
	for what, name := range map[string]string{"forums": "forum/t", "private topics": "alice/home/t"} {
		t.Run(what, func(t *testing.T) {
			h := newHall(t)
			h.must("alice/home", "Log")
			p := h.peer("alice")
			var frames [][]byte
			for i := range uint32(2000) {
				frames = append(frames, wire.TopicOpen{Sub: 1 << 20, Topic: fmt.Sprint("app:", name, i)}.Append(nil), wire.TopicClose{Sub: 1 << 20}.Append(nil))
			}
			p.flood(frames...)
			h.topicsGone()
			for range 3 {
				for i := range 200 {
					p.follow(fmt.Sprint(name, i))
				}
				p.topics[len(p.topics)-1].lives()
				p.cut()
				h.topicsGone()
				p.topics = nil
				p.connect()
			}
		})
	}
}

// Others come and go all the time; who stays misses nothing, whether a client or a CA.
func TestPUB3_ATopicThatOthersOpenAndCloseLosesNothing(t *testing.T) {
	const topics, messages = 20, 5
	h := newHall(t)
	var want [topics]string
	flooder := h.peer("bob")
	var frames [][]byte
	for range 10 {
		for i := range uint32(topics) {
			frames = append(frames, wire.TopicOpen{Sub: 1 << 20, Topic: fmt.Sprint("app:forum/t", i)}.Append(nil), wire.TopicClose{Sub: 1 << 20}.Append(nil))
		}
	}
	h.must("carol/home", "Allow", "anyone", "OnMessage")
	for i := range topics {
		h.must("carol/home", "Follow", fmt.Sprint("forum/t", i), "OnMessage")
	}
	h.settled()
	p := h.peer("alice")
	for i := range topics {
		p.follow(fmt.Sprint("forum/t", i), 0, 0)
	}
	for n := range messages {
		for i := range topics {
			h.Send("alice", "alice/home", "Publish", args(fmt.Sprint("forum/t", i), fmt.Sprint(n)))
			want[i] += fmt.Sprintf("%d:alice/home=%d ", n+1, n)
		}
		flooder.flood(frames...)
		p.cut()
		p.connect()
	}
	for i, x := range p.topics {
		x.hears(want[i][:len(want[i])-1])
	}
	h.settled()
	h.Until("the CA to hear all", func() bool { return strings.Count(h.log("carol/home"), "=") == topics*messages })
}

// An owner's connections follow so many topics together, and no more.
func TestOPS1_TopicsOfAnOwnerAreBounded(t *testing.T) {
	h := newHall(t)
	h.mostTopics = 300
	h.crash()
	first, second, other := h.peer("alice"), h.peer("alice"), h.peer("bob")
	for i := range 200 {
		first.follow(fmt.Sprint("forum/t", i))
	}
	first.topics[199].lives()
	for i := range 101 {
		second.follow(fmt.Sprint("forum/t", i))
	}
	second.topics[99].lives()
	second.topics[100].ends(wire.TooLarge)
	other.follow("forum/t1").lives()
	first.topics[0].close()
	first.ping()
	second.follow("forum/again").lives()
	first.cut()
	h.Until("the topics to be given back", func() bool { return h.hub.Stats().Listeners == 102 })
	for i := range 150 {
		second.follow(fmt.Sprint("forum/u", i))
	}
	second.topics[len(second.topics)-1].lives()
}

// What topics keep in memory is bounded together. Beyond that their messages are read from the store, and nobody misses any.
func TestOPS1_MessagesInMemoryAreBoundedTogether(t *testing.T) {
	const topics, messages, size, most = 12, 20, 1000, 50_000
	h := newHall(t)
	h.mostRecent = most
	h.crash()
	p := h.peer("bob")
	for i := range topics {
		p.follow(fmt.Sprint("forum/t", i)).lives()
	}
	for n := range messages {
		for i := range topics {
			h.must("alice/home", "Many", fmt.Sprint("forum/t", i), n, n+1, size)
		}
		h.settled() // topics are counted one after the other, and what one has lost meanwhile another one may have got
		if held := h.hub.Stats().Bytes; held > most {
			t.Fatalf("%d bytes are in memory", held)
		}
	}
	for _, x := range p.topics {
		x.at(messages)
		if got := strings.Count(x.heard(), "="); got != messages {
			t.Errorf("%s: %d messages", x.name, got)
		}
	}
	if h.hub.Stats().Bytes == 0 {
		t.Error("nothing is in memory")
	}
}
