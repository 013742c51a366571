package pubsub_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// Whatever happens, each client hears each message that it may have once, in order, or is told of a gap.
func TestPUB3_ClientsHearAllOnceInOrderThroughAnything(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { newClientStorm(t, seed).run() })
	}
}

type clientStorm struct {
	*hall
	rnd   *rand.Rand
	peers []*peer
	n     int // messages
}

// owners of which each has a CA that publishes. bob's lets alice through, and nobody else.
var stormOwners = []string{"alice", "bob", "carol"}

var stormTopics = []string{"forum/party", "forum/fair", "alice/home/news"}

func newClientStorm(t *testing.T, seed uint64) *clientStorm {
	s := &clientStorm{hall: newHall(t), rnd: rand.New(rand.NewPCG(seed, 67))}
	s.queue = 256 << 10
	s.mostRecent = map[uint64]int64{2: 10_000, 3: 1}[seed] // almost all, or all, is read from the store
	s.crash()
	s.must("bob/home", "Allow", "alice", "OnTweet")
	s.must("alice/home", "Allow", "anyone", "news")
	for range 6 {
		s.peers = append(s.peers, s.peer("bob"))
	}
	return s
}

func (s *clientStorm) run() {
	for range 250 {
		s.step(s.peers[s.rnd.IntN(len(s.peers))])
	}
	s.settle()
	for _, p := range s.peers {
		for _, t := range p.topics {
			s.check(t)
		}
	}
}

func (s *clientStorm) step(p *peer) {
	switch k := s.rnd.IntN(40); {
	case k < 22:
		s.publish()
	case k < 27:
		s.follow(p)
	case k < 28 && len(p.topics) > 0:
		p.restart(p.topics[s.rnd.IntN(len(p.topics))])
	case k < 31:
		p.pause(true)
	case k < 35:
		p.pause(false)
	case k < 39:
		p.cut()
		p.connect()
	case s.rnd.IntN(3) == 0:
		s.settled()
		for _, p := range s.peers {
			p.cut()
		}
		s.crash()
		for _, p := range s.peers {
			p.connect()
		}
	}
}

// publish sends some messages, some of them long, and does not wait.
func (s *clientStorm) publish() {
	owner, topic := stormOwners[s.rnd.IntN(3)], stormTopics[s.rnd.IntN(3)]
	if topic == "alice/home/news" {
		owner = "alice"
	}
	pad := strings.Repeat("x", s.rnd.IntN(5)/4*s.rnd.IntN(30_000))
	for range 1 + s.rnd.IntN(20) {
		s.n++
		s.Send(owner, owner+"/home", "Publish", args(topic, fmt.Sprint("n", s.n, pad)))
	}
}

func (s *clientStorm) follow(p *peer) {
	topic := stormTopics[s.rnd.IntN(3)]
	if s.rnd.IntN(3) == 0 {
		p.filter(topic, "app:bob/home", "OnTweet")
	} else {
		p.follow(topic)
	}
}

// restart has a subscription start over, under the same number.
func (p *peer) restart(t *hearing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !t.live {
		return
	}
	t.live = false
	p.write(wire.TopicOpen{Sub: t.sub, Topic: "app:" + t.name, Epoch: t.epoch, Offset: t.offset, CA: t.ca, Method: t.method}.Append(nil))
}

// settle waits until all have got to the end.
func (s *clientStorm) settle() {
	for _, p := range s.peers {
		p.pause(false)
		for _, t := range p.topics {
			t.lives()
		}
	}
	s.settled()
	for _, name := range stormTopics { // lets everybody know the end
		s.say("bob/home", name, "")
		s.say("alice/home", name, "end")
	}
	for _, p := range s.peers {
		for _, t := range p.topics {
			s.Until(fmt.Sprint(t.name, " to end for ", t.sub), func() bool {
				t.p.mu.Lock()
				defer t.p.mu.Unlock()
				return len(t.got) > 0 && strings.HasSuffix(t.got[len(t.got)-1], "=end")
			})
		}
	}
}

// check compares what was heard with what the topic holds.
func (s *clientStorm) check(t *hearing) {
	all := s.whole(t.name, t.epoch)
	next := int(t.opened[0].Offset) + 1
	for _, line := range t.got {
		if strings.HasPrefix(line, "+") {
			s.T.Fatalf("%s: a gap %s, and all is there", t.name, line)
		}
		n, _, _ := strings.Cut(line, ":")
		at, _ := strconv.Atoi(n)
		for ; next < at; next++ {
			if t.ca == "" || mayHave(all[next]) {
				s.T.Fatalf("%s: %s was left out", t.name, clip(all[next]))
			}
		}
		if all[at] != line || t.ca != "" && !mayHave(line) {
			s.T.Fatalf("%s: %s where there is %s", t.name, clip(line), clip(all[at]))
		}
		next = at + 1
	}
}

func mayHave(line string) bool { return !strings.Contains(line, ":carol/") }

func clip(s string) string { return s[:min(len(s), 40)] }

// whole is what a topic holds, by offset.
func (s *clientStorm) whole(name string, epoch uint64) []string {
	s.T.Helper()
	p := s.peer("bob")
	defer p.cut()
	t := p.follow(name, epoch, 0)
	s.Until("all of "+name, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(t.got) > 0 && strings.HasSuffix(t.got[len(t.got)-1], "=end")
	})
	return append([]string{""}, t.got...)
}
