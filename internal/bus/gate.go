package bus

import (
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// letter begins the side keys of the gate; the next byte tells what they hold.
const (
	letter      = 'P'
	keyLedger   = 'l'
	keySlot     = 'k'        // receipts of sessions' requests
	keyReceipt  = 'i'        // receipts of requests with an Idempotency-Key
	keyRing     = 'j'        // which of them come next to be forgotten
	ledgerFlush = 10_000_000 // µs between two flushes of what is counted in memory
)

// Gate is the trusted bus's end at every CA: policy, ledger and receipts. Its fields are set before it is used.
type Gate struct {
	Clock clock.Clock
	// Groups answers for rules about groups; nil leaves them undecided.
	Groups Groups
	// Channels decide on events; nil refuses all of them.
	Channels Channels
	// RulesChanged is called when other rules of a CA, or the CA's end, have become durable, and not in its turn. It must not block. May be nil.
	RulesChanged func(ca name.Name)
	// Ended is called when it has become durable that a CA was destroyed, before RulesChanged and under the same conditions.
	Ended func(ca name.Name)
	// Read is a CA's side key as it is stored, nil for none: for Standing.
	Read func(ca string, key []byte) ([]byte, error)

	runtime atomic.Pointer[actor.Runtime]
}

// Attach tells the gate whose mailboxes it guards, so that Standing finds what is in memory.
func (g *Gate) Attach(rt *actor.Runtime) { g.runtime.Store(rt) }

// Letter begins the gate's side keys.
func (*Gate) Letter() byte { return letter }

// NewPart guards one activation.
func (g *Gate) NewPart(ca *actor.CA) actor.Part {
	guard := &guard{gate: g, ca: ca}
	guard.ledger.ca = ca
	guard.receipts.ca, guard.receipts.gate = ca, g
	guard.strangers = &strangers{guard: guard}
	return guard
}

// Arrive refuses what the caller's token does not open, and what the receiver's rules are known to refuse.
func (g *Gate) Arrive(m *actor.Message, seen any) *wire.Error {
	if c, ok := m.Ext.(*call); ok {
		if err := c.permitted(clock.Micros(g.Clock.Now())); err != nil {
			return err
		}
	}
	if f, ok := seen.(*face); ok && m.Kind.External() && m.Kind != actor.Raised {
		return f.arrive(m)
	}
	return nil
}

// permitted refuses what the caller's token does not open.
func (c *call) permitted(now int64) *wire.Error {
	err := c.scope.Permits(c.message.To, c.message.Method, now)
	if err == nil {
		return nil
	}
	if e, ok := err.(*wire.Error); ok {
		return e
	}
	return wire.Err(wire.NotAllowed, err.Error())
}

// guard keeps the policy of one CA.
type guard struct {
	gate      *Gate
	ca        *actor.CA
	rules     policy.Rules
	before    policy.Rules // when the message began
	changed   bool
	shown     bool // senders see the rules
	ledger    ledger
	receipts  receipts
	strangers *strangers
	looks     int // into groups that are left for a decision

	// Of the message being handled:
	message  *actor.Message
	at       int64            // when it was taken from the mailbox, µs UTC
	decision *policy.Decision // borrowed: it would be half of what an idle CA's guard weighs
	refused  bool             // by policy
	open     bool             // not decided: neither accepted nor denied
	row      *row
	result   []byte
	done     bool // without an error
}

var decisions = sync.Pool{New: func() any { return new(policy.Decision) }}

// Rules are stored under one hot key.
func (g *guard) Load(_, value []byte) (err error) {
	g.rules, err = policy.ParseRules(value)
	return err
}

// Admit decides on a message as it is taken from the mailbox.
func (g *guard) Admit(m *actor.Message, now int64) actor.Verdict {
	g.message, g.at, g.refused, g.open, g.done = m, now, false, false, false
	if g.decision == nil {
		g.decision = decisions.Get().(*policy.Decision)
	}
	*g.decision = policy.Decision{}
	if e, ok := m.Ext.(*Event); ok {
		return g.admitEvent(e, m, now)
	}
	c, request := m.Ext.(*call)
	if request {
		if err := c.permitted(now); err != nil {
			return g.refuse(err)
		}
	}
	*g.decision = g.decide(m.From, m.Method)
	if !g.decision.Allowed {
		if v, ok := g.repeated(c, m.From); ok {
			return v
		}
		return g.refuse(g.decision.Refusal())
	}
	switch {
	case reads(m):
		return actor.Verdict{Done: true}
	case !request:
		return actor.Verdict{}
	}
	return g.receipts.find(askedIn(c))
}

// repeated is the answer to a request that has run before, and that policy would refuse now: it may have taken its caller's own right away. For those who have
// changed nothing here, no receipt is looked for.
func (g *guard) repeated(c *call, from name.Name) (v actor.Verdict, known bool) {
	if c == nil || !c.key.repeats() {
		return actor.Verdict{}, false
	}
	row, err := g.ledger.row(from)
	switch {
	case err != nil:
		return actor.Verdict{Refused: errReceipts}, true
	case row.Changes == 0:
		return actor.Verdict{}, false
	}
	aside := receipts{ca: g.ca, gate: g.gate} // what is in memory is for those who are let in
	v = aside.find(askedIn(c))
	return v, v.Replay || v.Refused == errLongReply || v.Refused == errReceipts
}

// Recall finds the receipt of a request to a CA that is destroyed.
func (g *guard) Recall(m *actor.Message, now int64) actor.Verdict {
	c, ok := m.Ext.(*call)
	if !ok {
		return actor.Verdict{}
	}
	if err := c.permitted(now); err != nil {
		return actor.Verdict{Refused: err}
	}
	return g.receipts.find(askedIn(c))
}

// reads tells whether a message asks to read a map: it names one, and brings no arguments, not even none.
func reads(m *actor.Message) bool {
	return m.Kind == actor.Call && policy.IsMap(m.Method) && len(m.Args) == 0
}

// decide asks the rules as the message sees them.
func (g *guard) decide(caller name.Name, method string) policy.Decision {
	g.looks = policy.MaxGroups
	return policy.Decide(g.ca.Name(), caller, method, g.rules, g)
}

func (g *guard) now() int64 { return clock.Micros(g.gate.Clock.Now()) }

// refuse counts as a denial, unless it is only not known whether it is one.
func (g *guard) refuse(err *wire.Error) actor.Verdict {
	g.open = err.Code == wire.Unavailable
	g.refused = !g.open
	return actor.Verdict{Refused: err}
}

// Accepted counts the changes that a principal has made here. It makes guard the policy's Facts. Who comes by the doorbell is nobody in particular, and known for nothing.
func (g *guard) Accepted(principal name.Name) (n uint64, known bool) {
	if principal.Owner == ChannelOwner && principal.Local == doorbell {
		return 0, true
	}
	row, err := g.ledger.row(principal)
	n = row.Changes
	for _, channel := range g.channelsOf(principal) {
		if err == nil {
			row, err = g.ledger.row(channel)
			n += row.Changes
		}
	}
	return n, err == nil
}

// Member asks about a group as it was when the message began.
func (g *guard) Member(group, principal name.Name, depth int) policy.Membership {
	return g.gate.member(Reader{CA: g.ca.Name(), Root: g.ca.Name(), Turn: g.ca, looks: &g.looks}, group, principal, depth)
}

// Settle counts the message.
func (g *guard) Settle(result []byte, err *wire.Error) {
	g.result, g.done = result, err == nil
	if g.open {
		return
	}
	g.row = g.ledger.count(g.message.From, g.refused, g.at)
}

func (g *guard) Begin() {
	g.before, g.changed = g.rules, false
}

func (g *guard) Rollback() {
	g.rules = g.before
}

// Encode comes last: the ledger's row and the receipt join a write that happens anyway.
func (g *guard) Encode(c *actor.Commit) {
	if g.changed {
		c.Put(actor.HotKey(letter), policy.AppendRules(nil, g.rules))
	}
	if g.changed || !g.shown || c.Destroys() {
		g.show(c)
	}
	if g.changed || c.Destroys() {
		g.announce(c)
	}
	g.ledger.encodeFlush(c)
	if g.message != nil && c.Wrote() {
		g.encodeChange(c)
	}
	g.forget()
}

// forget lets go of the message: an idle CA keeps nothing of its last one.
func (g *guard) forget() {
	if g.decision != nil {
		decisions.Put(g.decision)
	}
	g.message, g.decision, g.result, g.row = nil, nil, nil, nil
	g.receipts.forget()
}

// encodeChange adds the books of a message that has changed something.
func (g *guard) encodeChange(c *actor.Commit) {
	if a, ok := askedOf(g.message); ok && g.done {
		g.receipts.encode(c, a, g.result, g.at)
	}
	if g.row == nil {
		return
	}
	if g.done {
		g.row.Changes++
	}
	g.ledger.encode(c, g.row)
}

// Tend writes what was counted since the last time.
func (g *guard) Tend(now int64) {
	g.countArrivals(now)
	g.ledger.flush(now)
}

// Awaits has it called again where the CA was tended before it was time.
func (g *guard) Awaits() int64 { return g.ledger.flushAt }

// countArrivals enters those refused on arrival into the ledger.
func (g *guard) countArrivals(now int64) {
	g.strangers.drain(func(from name.Name, n uint64) { g.ledger.deny(from, n, now) })
}

// Idle keeps the CA in memory until its counts are written.
func (g *guard) Idle() bool { return len(g.ledger.dirty) == 0 && g.strangers.none() }
