package pubsub_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/pubsub"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a node: a runtime with policy and topics, over a store in memory. Its CAs keep what they hear of topics in their logs.
type world struct {
	*actortest.World
	gate   *bus.Gate
	groups bus.Groups // of the gate, may be nil
	hub    *pubsub.Hub
	topics *pubsub.Subscriptions

	mostTopics int   // that an owner's connections follow; 0 for as many as usual
	mostRecent int64 // bytes of messages in memory; 0 for as many as usual

	hiddenKey, hidden []byte
	dead              atomic.Bool
	early, late       atomic.Pointer[func([]store.Write) error]
}

// dies asks how a commit ends.
func dies(p *atomic.Pointer[func([]store.Write) error]) func([]store.Write) error {
	return func(all []store.Write) error {
		if die := p.Load(); die != nil {
			return (*die)(all)
		}
		return nil
	}
}

func newWorld(t testing.TB) *world { return newWorldWith(t, nil) }

func newWorldWith(t testing.TB, groups bus.Groups) *world {
	w := &world{World: actortest.NewWorld(t, nil), groups: groups}
	w.Class.Methods = map[string]actortest.Method{
		"Publish":     w.publish,
		"Follow":      w.follow,
		"Unfollow":    w.unfollow,
		"Allow":       w.allow,
		"Revoke":      w.revoke,
		"Log":         logOf,
		"End":         w.end,
		"OnMessage":   heard,
		"OnMessage2":  heard,
		"OnNothing":   func(*actor.Tx, *actortest.State, *actor.Message) ([]byte, error) { return nil, nil },
		"OnPublished": heard,
	}
	w.Class.Life = map[actor.Kind]actortest.Method{actor.Undone: undone}
	w.Store.Before, w.Store.After = dies(&w.early), dies(&w.late)
	w.up()
	t.Cleanup(w.down)
	return w
}

func (w *world) up() {
	w.gate = &bus.Gate{Clock: w.Clock, Read: w.Store.Get, Groups: w.groups}
	w.hub = pubsub.New(pubsub.Options{Store: w.Store, Judge: w.gate.Standing, Clock: w.Clock, Log: w.Log.Logger(), MaxOwnerListeners: w.mostTopics, MaxRecent: w.mostRecent})
	w.topics = w.hub.Subscriptions()
	w.Class.Topics = w.hub.Class()
	w.Options.Fatal = func(error) {}
	w.Options.Gate, w.Options.Features = w.gate, []actor.Feature{w.hub.Log(), w.topics}
	w.Boot()
	w.gate.Attach(w.Runtime)
	w.hub.Attach(w.Runtime)
}

// down ends it at once, as a crash would; what is durable stays.
func (w *world) down() {
	w.Crash()
	w.hub.Close()
}

func (w *world) crash() {
	w.down()
	w.up()
}

// idle tells whether nobody has anything to do: no CA, and not the hub, of which some may not be known to be behind yet.
func (w *world) idle() bool {
	w.Clock.Advance(0) // what is due is under way
	return w.Runtime.Quiet() && !w.hub.Busy() && w.Runtime.Quiet()
}

// handled tells whether all have handled all, besides.
func (w *world) handled() bool { return w.idle() && w.hub.Stats().Behind == 0 && w.idle() }

// settled waits until nobody has anything to do, and all have handled all.
func (w *world) settled() {
	w.T.Helper()
	w.Until("settled", w.handled)
}

// settledOrDead is settled for a node that may die meanwhile.
func (w *world) settledOrDead() {
	w.T.Helper()
	w.Until("settled or dead", func() bool {
		if w.idle() {
			w.Clock.Advance(time.Millisecond)
		}
		return w.dead.Load() || w.handled()
	})
}

// pass lets time pass when nobody has anything to do: what is under way is not taken for slow.
func (w *world) pass(d time.Duration) {
	w.T.Helper()
	w.Until("nothing to be under way", w.idle)
	w.Clock.Advance(d)
}

// holds waits until a topic has so many messages.
func (w *world) holds(topic string, messages int) {
	w.T.Helper()
	w.Until(topic+" to hold all", func() bool {
		n := 0
		for _, key := range w.Memory.Keys("app:" + topic) {
			if strings.HasPrefix(key, "Tm") {
				n++
			}
		}
		return n == messages
	})
}

// dieAt has the node die at a commit to come: before it is durable, or when it is and nobody has heard of it.
func (w *world) dieAt(n int, before bool) {
	var count atomic.Int64
	die := func(early bool) func([]store.Write) error {
		return func([]store.Write) error {
			if w.dead.Load() || early == before && count.Add(1) > int64(n) {
				w.dead.Store(true)
				return actortest.ErrCrash
			}
			return nil
		}
	}
	early, late := die(true), die(false)
	w.early.Store(&early)
	w.late.Store(&late)
}

// dieAtCommitOf has the node die before a CA's next commit is durable.
func (w *world) dieAtCommitOf(ca string) {
	die := func(all []store.Write) error {
		if w.dead.Load() || slices.ContainsFunc(all, func(write store.Write) bool { return write.CA == ca }) {
			w.dead.Store(true)
			return actortest.ErrCrash
		}
		return nil
	}
	w.early.Store(&die)
}

// revive starts the node again, dead or not.
func (w *world) revive() {
	w.down()
	w.dead.Store(false)
	w.early.Store(nil)
	w.late.Store(nil)
	w.up()
}

var args, reader = actortest.Args, actortest.Reader

func (w *world) do(ca, method string, list ...any) actortest.Reply {
	w.T.Helper()
	return w.Call(ca, method, args(list...))
}

func (w *world) must(ca, method string, list ...any) []byte {
	w.T.Helper()
	return w.Must(w.do(ca, method, list...))
}

func topic(s string) name.Name {
	n, err := name.ParseTopic("app:" + s)
	if err != nil {
		panic(err)
	}
	return n
}

// publish publishes a text, and fails afterwards if it is "fail".
func (w *world) publish(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	to, text := topic(r.Text()), r.Text()
	if err := w.topics.Publish(tx, to, cbor.AppendText(nil, text)); err != nil {
		return nil, err
	}
	if text == "fail" {
		return nil, wire.Err(wire.Failed, "As it was told.")
	}
	return nil, nil
}

func (w *world) follow(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	return nil, w.topics.Subscribe(tx, topic(r.Text()), r.Text())
}

func (w *world) unfollow(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	was, err := w.topics.Unsubscribe(tx, topic(reader(m).Text()))
	return cbor.AppendBool(nil, was), err
}

func (w *world) end(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
	err := w.topics.Leave(tx)
	tx.Destroy()
	return nil, err
}

func rule(m *actor.Message) policy.Rule {
	r := reader(m)
	who, item := r.Text(), r.Text()
	out := policy.Rule{Methods: []string{item}, Who: policy.Anyone()}
	if who != "anyone" {
		out.Who = policy.Principal(actortest.Name("app:" + who))
	}
	return out
}

func (w *world) allow(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return nil, w.gate.Allow(tx, rule(m))
}

func (w *world) revoke(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return cbor.AppendBool(nil, w.gate.Revoke(tx, rule(m))), nil
}

// heard keeps what a topic brings, as from/topic:offset=text, with +n for n missed ones. "bad" fails.
func heard(_ *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	d := m.Ext.(*pubsub.Delivery)
	d.Ran = true
	r := cbor.NewReader(m.Args)
	text := r.Text()
	line := fmt.Sprintf("%s>%s:%d=%s", m.From.Owner, d.Topic.Local+d.Topic.Item, d.Offset, text)
	if d.Missed > 0 {
		line += fmt.Sprintf("+%d", d.Missed)
	}
	s.Log = append(s.Log, line)
	if text == "bad" {
		return nil, wire.Err(wire.Failed, "As it was told.")
	}
	return nil, nil
}

func undone(_ *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	s.Log = append(s.Log, "undone "+m.About()+" "+string(m.Failure().Code))
	return nil, nil
}

func logOf(_ *actor.Tx, s *actortest.State, _ *actor.Message) ([]byte, error) {
	return cbor.AppendText(nil, strings.Join(s.Log, " ")), nil
}

// log is what a CA has heard, in words.
func (w *world) log(ca string) string {
	w.T.Helper()
	r := cbor.NewReader(w.must(ca, "Log"))
	return r.Text()
}

// hears waits until a CA has heard these and nothing else.
func (w *world) hears(ca, want string) {
	w.T.Helper()
	w.Until(ca+" to hear "+want, func() bool { return len(w.log(ca)) >= len(want) })
	if got := w.log(ca); got != want {
		w.T.Fatalf("%s heard %q, not %q", ca, got, want)
	}
}
