package actor_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// node is one process: it dies at random commits, before or after they are durable, and starts again with what was.
type node struct {
	net     *network
	app     string
	class   *actortest.Class
	memory  *actortest.Memory
	gate    *actortest.Gate
	crashed atomic.Bool
	runtime *actor.Runtime
	deaths  int
}

// network is two nodes, one of senders and one of receivers.
type network struct {
	t     *testing.T
	clock *clock.Fake
	log   *actortest.Log
	mu    sync.RWMutex // guards runtimes
	nodes map[string]*node

	chance sync.Mutex
	random *rand.Rand
	calm   atomic.Bool // nobody dies any more
}

func (n *network) roll(of int) bool {
	n.chance.Lock()
	defer n.chance.Unlock()
	return !n.calm.Load() && n.random.IntN(of) == 0
}

func (n *network) add(app string, class *actortest.Class) *node {
	d := &node{net: n, app: app, class: class, memory: actortest.NewMemory(), gate: &actortest.Gate{}}
	n.nodes[app] = d
	d.boot()
	return d
}

func (d *node) boot() {
	s := &actortest.Store{Store: d.memory}
	died := func([]store.Write) error {
		if d.crashed.Load() || d.net.roll(15) {
			d.crashed.Store(true)
			return actortest.ErrCrash
		}
		return nil
	}
	s.Before, s.After = died, died
	d.crashed.Store(false)
	rt := actor.New(actor.Options{Store: s, Classes: map[string]actor.Class{d.app: d.class}, Gate: d.gate, Clock: d.net.clock,
		Logger: d.net.log.Logger(), Workers: 2, Route: d.net.route, Fatal: func(error) {}})
	d.net.mu.Lock()
	d.runtime = rt
	d.net.mu.Unlock()
}

func (n *network) at(app string) *actor.Runtime {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.nodes[app].runtime
}

func (n *network) route(m *actor.Message) { n.at(m.To.App).Deliver(m) }

// revive starts again who has died.
func (n *network) revive() {
	for _, d := range n.nodes {
		if d.crashed.Load() {
			d.deaths++
			d.runtime.Close()
			d.boot()
		}
	}
}

// read decodes what a CA's state is on disk.
func (d *node) read(ca string) (s state) {
	value, _ := d.memory.Get(d.app+":"+ca, []byte("hB"))
	if value != nil {
		_ = d.class.Decode(value, &s)
	}
	return s
}

const crashSenders = 3

// fate is what becomes of the message with a number: 0 is taken, 1 fails, 2 is refused, 3 goes to nobody.
func fate(n int64) int64 {
	if n%11 == 3 {
		return 1
	}
	if n%13 == 5 {
		return 2
	}
	if n%17 == 7 {
		return 3
	}
	return 0
}

func wantsAnswer(n int64) bool { return n%2 == 0 }

func senders() *actortest.Class {
	post := func(tx *actor.Tx, n int64) error {
		to, method := "b:bob/home", "take"
		switch fate(n) {
		case 2:
			method = "secret"
		case 3:
			to = "b:bob/nobody"
		}
		number, err := tx.Post(actortest.Name(to), method, arg(fmt.Sprint(n)))
		if wantsAnswer(n) {
			tx.Then(number, "answered")
		}
		return err
	}
	m := methods{
		"go": func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
			for range 3 {
				s.N++
				if err := post(tx, s.N); err != nil {
					return nil, err
				}
			}
			return cbor.AppendInt(nil, s.N), nil
		},
		"answered": func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
			if e := m.Failure(); e != nil {
				s.Log = append(s.Log, "answer "+string(e.Code)+e.Message)
			} else {
				r := cbor.NewReader(m.Result())
				s.Log = append(s.Log, "answer "+r.Text())
			}
			return nil, nil
		},
	}
	return &actortest.Class{Methods: m, Life: map[actor.Kind]actortest.Method{
		actor.Undone: func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
			s.Log = append(s.Log, "undone "+string(m.Failure().Code)+m.Failure().Message)
			return nil, nil
		},
	}}
}

func receivers() *actortest.Class {
	return &actortest.Class{Life: map[actor.Kind]actortest.Method{}, Methods: methods{
		"open": get,
		"take": func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
			var n int64
			_, _ = fmt.Sscan(text(m.Args), &n)
			if fate(n) == 1 {
				return nil, errors.New(text(m.Args))
			}
			s.Log = append(s.Log, m.From.Local+" "+text(m.Args))
			return cbor.AppendText(nil, text(m.Args)), nil
		},
	}}
}

// expected is what a sender of n messages and their receiver have in their logs.
func expected(name string, n int64) (taken []string, heard map[string]int) {
	heard = map[string]int{}
	for i := int64(1); i <= n; i++ {
		kind, outcome := "undone ", ""
		switch fate(i) {
		case 0:
			taken = append(taken, fmt.Sprint(name, " ", i))
			outcome = fmt.Sprint(i)
		case 1:
			outcome = "failed" + fmt.Sprint(i)
		case 2:
			outcome = "not_allowedsecret " + fmt.Sprint(i)
		case 3:
			outcome = "not_found"
		}
		if wantsAnswer(i) {
			kind = "answer "
		}
		if fate(i) != 0 || wantsAnswer(i) {
			heard[kind+outcome]++
		}
	}
	return taken, heard
}

func TestCA3_EffectsHappenExactlyOnceThroughCrashes(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 5
	}
	deaths := 0
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { deaths += crashRun(t, uint64(seed)) })
	}
	t.Log(deaths, "deaths")
}

func crashRun(t *testing.T, seed uint64) int {
	n := &network{t: t, clock: clock.NewFake(actortest.Start), log: &actortest.Log{}, nodes: map[string]*node{}, random: rand.New(rand.NewPCG(seed, 1))}
	n.log.Show(t)
	n.calm.Store(true)
	a, b := n.add("a", senders()), n.add("b", receivers())
	t.Cleanup(func() { a.runtime.Close(); b.runtime.Close() })
	b.gate.OnAdmit = func(m *actor.Message) *wire.Error {
		if m.Method == "secret" {
			return wire.Err(wire.NotAllowed, "secret "+text(m.Args))
		}
		if n.roll(20) {
			return wire.Retry(wire.Overloaded, "not now", 1)
		}
		return nil
	}
	if r := <-n.call("b", "bob/home", "open"); r.Err != nil {
		t.Fatal(r)
	}
	n.calm.Store(false)
	acked := map[string]int64{}
	for range 30 {
		for i := range crashSenders {
			name := fmt.Sprint("s", i)
			reply := n.call("a", "alice/"+name, "go")
			actortest.Until(t, "an answer, or a death", func() bool { return len(reply) > 0 || a.crashed.Load() })
			select {
			case r := <-reply:
				if r.Err == nil {
					acked[name] = number(r)
				}
			default:
			}
		}
		n.clock.Advance(200 * time.Millisecond)
		n.revive()
	}
	n.calm.Store(true)
	settled := func() bool {
		n.clock.Advance(time.Second)
		n.revive()
		return len(a.outboxKeys())+len(b.outboxKeys()) == 0
	}
	actortest.Until(t, "all messages to be settled", settled)
	for i := range crashSenders {
		checkSender(t, a, b, fmt.Sprint("s", i), acked)
	}
	return a.deaths + b.deaths
}

func checkSender(t *testing.T, a, b *node, name string, acked map[string]int64) {
	s := a.read("alice/" + name)
	if s.N < acked[name] {
		t.Errorf("%s: %d were acknowledged, %d are there", name, acked[name], s.N)
	}
	wantTaken, wantHeard := expected(name, s.N)
	var taken []string
	for _, line := range b.read("bob/home").Log {
		if line[:len(name)+1] == name+" " {
			taken = append(taken, line)
		}
	}
	if fmt.Sprint(taken) != fmt.Sprint(wantTaken) {
		t.Errorf("%s: taken %v, want %v", name, taken, wantTaken)
	}
	heard := map[string]int{}
	for _, line := range s.Log {
		if len(line) > 16 && line[7:16] == "not_found" {
			line = line[:16]
		}
		heard[line]++
	}
	if fmt.Sprint(heard) != fmt.Sprint(wantHeard) {
		t.Errorf("%s: heard %v, want %v", name, heard, wantHeard)
	}
}

func (n *network) call(app, ca, method string) <-chan actortest.Reply {
	out := make(chan actortest.Reply, 2)
	to := actortest.Name(app + ":" + ca)
	n.at(app).Deliver(&actor.Message{Kind: actor.Call, From: to.AsOwner(), To: to, Method: method,
		Reply: func(result []byte, err *wire.Error) { out <- actortest.Reply{Result: result, Err: err} }})
	return out
}

// outboxKeys are all messages still on their way.
func (d *node) outboxKeys() (keys []string) {
	for _, ca := range d.memory.CAs() {
		for _, key := range d.memory.Keys(ca) {
			if len(key) > 2 && key[:2] == "hC" {
				keys = append(keys, ca+key)
			}
		}
	}
	return keys
}
