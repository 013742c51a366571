package bus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

type (
	state   = actortest.State
	methods = map[string]actortest.Method
)

// world is a runtime with this package's gate, and a bus over it.
type world struct {
	*actortest.World
	gate *bus.Gate
}

func newWorld(t testing.TB) *world {
	gate := &bus.Gate{}
	w := &world{World: actortest.NewWorld(t, nil), gate: gate}
	gate.Clock = w.Clock
	w.Options.Gate = gate
	rule := func(m *actor.Message) policy.Rule {
		var r policy.Rule
		read := cbor.NewReader(m.Args)
		n := read.Array()
		r.Deny = read.Text() == "deny"
		r.Who = subject(read.Text())
		for range n - 2 {
			r.Methods = append(r.Methods, read.Text())
		}
		return r
	}
	w.Class.Methods = methods{
		"Add": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
			s.N++
			return cbor.AppendInt(nil, s.N), nil
		},
		"Get": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) { return cbor.AppendInt(nil, s.N), nil },
		"Fail": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
			s.N += 100
			return nil, errors.New("no")
		},
		"Long": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
			s.N++
			return cbor.AppendBytes(nil, make([]byte, bus.MaxReceiptSize)), nil
		},
		"Allow": func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) { return nil, gate.Allow(tx, rule(m)) },
		"Revoke": func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
			return cbor.AppendBool(nil, gate.Revoke(tx, rule(m))), nil
		},
		"AllowAndFail": func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
			_ = gate.Allow(tx, rule(m))
			return nil, errors.New("no")
		},
		"Send": func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
			read := cbor.NewReader(m.Args)
			read.Array()
			_, err := tx.Post(actortest.Name(read.Text()), read.Text(), nil)
			return nil, err
		},
		"Why": func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
			return cbor.AppendText(nil, gate.Decision(tx).Explain()), nil
		},
		"End": func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) { tx.Destroy(); return nil, nil },
		"History": func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
			read := cbor.NewReader(m.Args)
			read.Array()
			e, err := gate.History(tx, actortest.Name(read.Text()))
			return cbor.AppendText(nil, fmt.Sprint(e.Accepted, " ", e.Denied, " ", e.Changes)), err
		},
	}
	w.Boot()
	return w
}

func subject(s string) policy.Subject {
	var n uint64
	if _, err := fmt.Sscanf(s, "known %d", &n); err == nil {
		return policy.Known(n)
	}
	if s == "anyone" {
		return policy.Anyone()
	}
	if group, ok := strings.CutPrefix(s, "#"); ok {
		return policy.Group(actortest.Name("app:"+group), 0)
	}
	return policy.Principal(actortest.Name(s))
}

func args(list ...string) []byte {
	b := cbor.AppendArrayHeader(nil, len(list))
	for _, s := range list {
		b = cbor.AppendText(b, s)
	}
	return b
}

// request sends one with a key, and returns where its outcome will come.
func (w *world) request(r bus.Request) <-chan actortest.Reply {
	out := make(chan actortest.Reply, 2)
	r.Reply = func(a bus.Reply) { out <- actortest.Reply{Result: a.Result, Err: a.Err} }
	bus.New(w.Runtime).Request(r)
	return out
}

func (w *world) do(owner, ca, method string, list ...string) actortest.Reply {
	w.T.Helper()
	return w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: owner}, To: target(ca), Method: method, Args: args(list...)}))
}

func target(ca string) name.Name { return actortest.Name("app:" + ca) }

func (w *world) must(owner, ca, method string, list ...string) string {
	w.T.Helper()
	return show(w.Must(w.do(owner, ca, method, list...)))
}

// show is a result as text.
func show(b []byte) string {
	r := cbor.NewReader(b)
	switch r.Kind() {
	case cbor.KindUint, cbor.KindNint:
		return fmt.Sprint(r.Int())
	case cbor.KindText:
		return r.Text()
	case cbor.KindBool:
		return fmt.Sprint(r.Bool())
	}
	return ""
}

func (w *world) want(code wire.Code, r actortest.Reply) {
	w.T.Helper()
	if r.Code() != code {
		w.T.Errorf("%v, want %q", r, code)
	}
}
