package session

import (
	"fmt"
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// fakeBus has one counter for each CA, and receipts as the real one has. It outlives the servers of a test.
type fakeBus struct {
	mu       sync.Mutex
	counts   map[string]int64
	receipts map[string]bus.Reply
	seen     []bus.Request
	held     []func() // answers of Hold, until release
	holds    *sync.Cond
	async    bool // answer on other goroutines
	wg       sync.WaitGroup
}

func newFakeBus() *fakeBus {
	b := &fakeBus{counts: map[string]int64{}, receipts: map[string]bus.Reply{}}
	b.holds = sync.NewCond(&b.mu)
	return b
}

func (b *fakeBus) Request(r bus.Request) {
	if b.async {
		b.wg.Go(func() { b.serve(r) })
		return
	}
	b.serve(r)
}

func (b *fakeBus) serve(r bus.Request) {
	b.mu.Lock()
	b.seen = append(b.seen, r)
	if r.Method == "Hold" || r.Method == "hold" { // as an item is named, too
		b.held = append(b.held, func() { r.Reply(bus.Reply{Result: cbor.AppendText(nil, "held")}) })
		b.holds.Broadcast()
		b.mu.Unlock()
		return
	}
	reply := b.run(r)
	b.mu.Unlock()
	r.Reply(reply)
}

// run is called with mu held.
func (b *fakeBus) run(r bus.Request) bus.Reply {
	switch {
	case r.Caller.Owner != r.To.Owner && r.Caller.Owner != "bob":
		return bus.Reply{Err: wire.Err(wire.NotAllowed, "only its owner may use this assistant")}
	case r.To.App != "counter":
		return bus.Reply{Err: wire.Err(wire.NotFound, "there is no such app")}
	case r.Method == "":
		return bus.Reply{}
	}
	key := fmt.Sprint(r.Caller.Owner, r.Key.Run, "#", r.Key.ID, r.Key.Text)
	identified := r.Key.Run != "" || r.Key.Text != ""
	if old, ok := b.receipts[key]; ok && identified && (r.Key.Retry || r.Key.Text != "") {
		return old
	}
	reply := b.execute(r)
	if identified {
		b.receipts[key] = reply
	}
	return reply
}

func (b *fakeBus) execute(r bus.Request) bus.Reply {
	in := cbor.NewReader(r.Args)
	n := in.Array()
	switch r.Method {
	case "Add":
		if n != 1 {
			return bus.Reply{Err: wire.Err(wire.BadRequest, "Add takes one number")}
		}
		b.counts[r.To.String()] += in.Int()
		return bus.Reply{Result: cbor.AppendInt(nil, b.counts[r.To.String()])}
	case "Get":
		return bus.Reply{Result: cbor.AppendInt(nil, b.counts[r.To.String()])}
	case "Big":
		return bus.Reply{Result: cbor.AppendBytes(nil, make([]byte, in.Int()))}
	case "Fail":
		return bus.Reply{Err: wire.Retry(wire.Code(in.Text()), "as you wish", in.Int())}
	}
	return bus.Reply{Err: wire.Err(wire.BadRequest, "there is no such method")}
}

func (b *fakeBus) count(ca string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[ca]
}

// waitHeld waits until n requests are held.
func (b *fakeBus) waitHeld(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.held) < n {
		b.holds.Wait()
	}
}

func (b *fakeBus) release() {
	b.mu.Lock()
	held := b.held
	b.held = nil
	b.mu.Unlock()
	for _, answer := range held {
		answer()
	}
}

func (b *fakeBus) requests() []bus.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]bus.Request(nil), b.seen...)
}

// fakeAuth knows tokens by heart: what is not listed is the owner's name itself, and "bad" is nobody's.
type fakeAuth struct {
	mu     sync.Mutex
	scopes map[string]policy.Scope
	owners map[string]string
	bad    map[string]bool
}

func newFakeAuth() *fakeAuth {
	return &fakeAuth{scopes: map[string]policy.Scope{}, owners: map[string]string{}, bad: map[string]bool{"bad": true, "": true}}
}

func (a *fakeAuth) Verify(token string) (string, policy.Scope, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bad[token] {
		return "", policy.Scope{}, fmt.Errorf("secret detail about %q", token)
	}
	owner := a.owners[token]
	if owner == "" {
		owner = token
	}
	return owner, a.scopes[token], nil
}

func (a *fakeAuth) set(token, owner string, scope policy.Scope) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owners[token], a.scopes[token] = owner, scope
}

func (a *fakeAuth) revoke(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bad[token] = true
}
