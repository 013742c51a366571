package bus

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// face is what the senders of messages see of a CA's policy: its last durable rules. It keeps those who will be refused anyway out of the mailbox, and has them counted.
type face struct {
	rules     policy.Rules
	plain     bool // no rule needs facts that only the CA's own turn has
	strangers *strangers
}

// show has senders see the rules, once they are durable. Those of a CA go with it.
func (g *guard) show(c *actor.Commit) {
	g.shown = true
	rules := g.rules
	if c.Destroys() {
		rules = policy.Rules{}
	}
	f := &face{rules: rules, plain: plain(rules), strangers: g.strangers}
	c.First(func() { g.ca.Publish(f) })
}

// announce tells of changed rules once they are durable, and shown, before anything else of the commit has an effect.
func (g *guard) announce(c *actor.Commit) {
	ca := g.ca.Name()
	if ended := g.gate.Ended; ended != nil && c.Destroys() {
		c.First(func() { ended(ca) })
	}
	if changed := g.gate.RulesChanged; changed != nil {
		c.First(func() { changed(ca) })
	}
}

func plain(rules policy.Rules) bool {
	for i := range rules.Len() {
		if k := rules.At(i).Who.Kind; k == policy.KindKnown || k == policy.KindGroup {
			return false
		}
	}
	return true
}

// arrive refuses a message if nothing but the rules matters.
func (f *face) arrive(m *actor.Message) *wire.Error {
	if m.To.AsOwner().Covers(m.From) || !f.plain { // in this order: the message is at hand, the rules are not
		return nil // the owner is seldom refused: once, at the mailbox, is enough
	}
	d := policy.Decide(m.To, m.From, m.Method, f.rules, nil)
	if c, ok := m.Ext.(*call); d.Allowed || ok && c.key.repeats() { // there may be a receipt: that is known in the CA's turn
		return nil
	}
	f.strangers.count(m.From)
	return d.Refusal()
}
