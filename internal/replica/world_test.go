package replica_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a node: a runtime with policy, maps and sessions, over a store in memory.
type world struct {
	*actortest.World
	gate     *bus.Gate
	hub      *replica.Hub
	watches  *replica.Watches
	sessions *session.Server
	http     *httptest.Server

	block chan func() // what Busy does

	idleAfter time.Duration                    // of the hub; 0 is its own
	first     []actor.Feature                  // before the hub's
	loads     func(ca string, done bool) error // asked before and after the hub reads a CA's maps, may be nil; set it while the node is down
}

// hubStore is the store as the hub sees it.
type hubStore struct {
	store.Store
	w *world
}

func (s hubStore) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	if s.w.loads == nil {
		return s.Store.Load(ca, prefix, visit)
	}
	if err := s.w.loads(ca, false); err != nil {
		return 0, err
	}
	rev, err := s.Store.Load(ca, prefix, visit)
	if err == nil {
		err = s.w.loads(ca, true)
	}
	return rev, err
}

// tokens are owners' names.
type tokens struct{}

func (tokens) Verify(token string) (string, policy.Scope, error) { return token, policy.Scope{}, nil }

func newWorld(t testing.TB) *world {
	w := &world{World: actortest.NewWorld(t, nil), block: make(chan func(), 1)}
	w.methods()
	w.up()
	t.Cleanup(w.down)
	return w
}

func (w *world) methods() {
	w.Class.Methods = map[string]actortest.Method{
		"Set":   w.set,
		"Del":   w.del,
		"Both":  w.both,
		"Fill":  w.fill,
		"Fail":  w.fail,
		"Blobs": w.blobs,
		"Allow": w.allow,
		"Deny":  w.revoke,
		"Look":  w.look,
		"Busy":  w.busyUntil,
		"End": func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
			tx.Destroy()
			return nil, nil
		},
	}
}

// up starts the node.
func (w *world) up() {
	w.gate = &bus.Gate{Clock: w.Clock, Read: w.Store.Get}
	w.hub = replica.New(replica.Options{Store: hubStore{w.Store, w}, Judge: w.gate.Standing, Clock: w.Clock, Log: w.Log.Logger(), IdleAfter: w.idleAfter})
	w.gate.Groups, w.gate.RulesChanged, w.gate.Ended = w.hub, w.hub.RulesChanged, w.hub.Ended
	w.watches = w.hub.Watches()
	w.Options.Gate, w.Options.Features = w.gate, append(slices.Clone(w.first), w.hub, w.watches)
	w.Boot()
	w.gate.Attach(w.Runtime)
	w.sessions = session.New(session.Options{Bus: bus.New(w.Runtime), Auth: tokens{}, Clock: w.Clock, Log: slog.New(slog.DiscardHandler)})
	w.hub.Serve(w.sessions, bus.New(w.Runtime))
	w.http = httptest.NewServer(w.sessions.Handler())
}

// down ends it at once, as a crash would; what is durable stays.
func (w *world) down() {
	w.sessions.Close()
	w.http.Close()
	w.Crash()
	w.hub.Close()
}

func (w *world) crash() {
	w.down()
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

func (w *world) set(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	return nil, w.hub.Own(tx, r.Text()).Set(r.Text(), cbor.AppendInt(nil, r.Int()))
}

func (w *world) del(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	_, err := w.hub.Own(tx, r.Text()).Delete(r.Text())
	return nil, err
}

// both sets n in the maps a and b.
func (w *world) both(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	n := cbor.AppendInt(nil, reader(m).Int())
	if err := w.hub.Own(tx, "a").Set("n", n); err != nil {
		return nil, err
	}
	return nil, w.hub.Own(tx, "b").Set("n", n)
}

func (w *world) fail(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if _, err := w.set(tx, s, m); err != nil {
		return nil, err
	}
	return nil, wire.Err(wire.Failed, "As it was told.")
}

// fill sets entries from one number to another.
func (w *world) fill(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	own, from, to := w.hub.Own(tx, r.Text()), r.Int(), r.Int()
	for i := from; i < to; i++ {
		if err := own.Set(keyOf(i), cbor.AppendInt(nil, i)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// blobs sets entries of 100,000 bytes from one number to another.
func (w *world) blobs(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	own, from, to := w.hub.Own(tx, r.Text()), r.Int(), r.Int()
	for i := from; i < to; i++ {
		if err := own.Set(keyOf(i), cbor.AppendBytes(nil, make([]byte, 100_000))); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func keyOf(i int64) string { return "key-" + itoa(i) }

func itoa(i int64) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

func (w *world) allow(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return nil, w.gate.Allow(tx, rule(m))
}

func (w *world) revoke(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return cbor.AppendBool(nil, w.gate.Revoke(tx, rule(m))), nil
}

func rule(m *actor.Message) policy.Rule {
	r := cbor.NewReader(m.Args)
	n := r.Array()
	who := r.Text()
	var out policy.Rule
	switch group, ok := strings.CutPrefix(who, "#"); {
	case who == "anyone":
		out.Who = policy.Anyone()
	case ok:
		out.Who = policy.Group(actortest.Name("app:"+group), 0)
	default:
		out.Who = policy.Principal(actortest.Name("app:" + who))
	}
	for range n - 1 {
		out.Methods = append(out.Methods, r.Text())
	}
	return out
}

// look reads n of several maps of others, and returns what it saw.
func (w *world) look(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := cbor.NewReader(m.Args)
	count := r.Array()
	out := cbor.AppendArrayHeader(nil, count)
	for range count {
		m, err := w.hub.Read(tx, actortest.Name(r.Text()))
		if err != nil {
			return nil, err
		}
		value, ok := m.Get("n")
		if !ok {
			value = []byte(cbor.Null)
		}
		out = append(out, value...)
	}
	return out, nil
}

// version is the newest of a map.
func (w *world) version(full string) uint64 {
	w.T.Helper()
	m, err := w.hub.Newest(actortest.Name(full))
	if err != nil {
		w.T.Fatal(err)
	}
	return m.Version()
}

// stateOf is all that is known of a map, in words.
func stateOf(m *sharedmap.Map) string {
	b := fmt.Appendf(nil, "epoch %d version %d floor %d:", m.Epoch(), m.Version(), m.Floor())
	for e := range m.Entries() {
		b = fmt.Appendf(b, " %s=%x@%d", e.Key, e.Value, e.Version)
	}
	return string(b)
}
