package bus

import (
	"sync"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// Standing is what a CA's durable rules say of a caller who calls a method or reads a map, out of the CA's turn: it waits for nobody and counts
// nothing. It is for what goes on after it was let in, subscriptions to a map for instance; RulesChanged tells when to ask again. Where
// the rules can't be read the decision is unavailable. waiting is the Reader that needs it, to know what it may read; the zero Reader is nobody.
func (g *Gate) Standing(ca, caller name.Name, item string, waiting Reader) policy.Decision {
	rules, plain, err := g.durable(ca)
	switch {
	case err != nil:
		return policy.Undecided(ca, caller, item)
	case plain:
		return policy.Decide(ca, caller, item, rules, nil)
	}
	o := outsides.Get().(*outside)
	defer o.release()
	o.gate, o.reader = g, Reader{CA: ca, Root: ca, looks: waiting.looks}
	if waiting.waits() {
		o.reader.Root, o.reader.Nested = waiting.Root, waiting.Nested+1
	}
	if o.reader.looks == nil {
		o.looks = policy.MaxGroups
		o.reader.looks = &o.looks
	}
	return policy.Decide(ca, caller, item, rules, o)
}

// durable are the rules that a CA's senders see, or those in the store if it is not in memory or has shown none, and whether they need no facts.
func (g *Gate) durable(ca name.Name) (rules policy.Rules, needNone bool, err error) {
	if rt := g.runtime.Load(); rt != nil {
		if f, ok := rt.Face(ca).(*face); ok {
			return f.rules, f.plain, nil
		}
	}
	value, err := g.read(ca, actor.HotKey(letter))
	if err != nil || value == nil {
		return policy.Rules{}, err == nil, err
	}
	rules, err = policy.ParseRules(value)
	return rules, plain(rules), err
}

// read is a side key of a CA as it is stored, nil for none.
func (g *Gate) read(ca name.Name, key []byte) ([]byte, error) {
	if g.Read == nil {
		return nil, nil
	}
	return g.Read(ca.String(), key)
}

// outside are the policy's Facts out of a CA's turn.
type outside struct {
	gate   *Gate
	reader Reader
	looks  int // into groups that are left, where nobody waits
}

// outsides are used again: decisions are made so often that what they leave behind would be felt.
var outsides = sync.Pool{New: func() any { return new(outside) }}

func (o *outside) release() {
	*o = outside{}
	outsides.Put(o)
}

// Accepted counts the stored changes of a principal.
func (o *outside) Accepted(principal name.Name) (n uint64, known bool) {
	value, err := o.gate.read(o.reader.CA, ledgerKey(principal))
	if err != nil || value == nil {
		return 0, err == nil
	}
	e, err := parseEntry(value)
	return e.Changes, err == nil
}

func (o *outside) Member(group, principal name.Name, depth int) policy.Membership {
	return o.gate.member(o.reader, group, principal, depth)
}
