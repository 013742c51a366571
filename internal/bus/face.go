package bus

import (
	"sync"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// maxStrangers is how many principals refused on arrival are told apart between two flushes.
const maxStrangers = 256

// face is what the senders of messages see of a CA's policy: its last durable rules. It keeps those who will be refused anyway out of the mailbox, and counts them.
type face struct {
	self  name.Name
	rules policy.Rules
	plain bool // no rule needs facts that only the CA's own turn has

	mu      sync.Mutex
	refused map[name.Name]uint64
	wake    func()
}

// publish shows new rules to senders.
func (g *guard) publish(rules policy.Rules) {
	f := &face{self: g.ca.Name(), rules: rules, plain: plain(rules), refused: map[name.Name]uint64{}}
	f.wake = func() { g.ca.WakeAt(g.now() + ledgerFlush) }
	g.face = f
	g.ca.Publish(f)
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
	if !f.plain {
		return nil
	}
	d := policy.Decide(f.self, m.From, m.Method, f.rules, nil)
	if d.Allowed {
		return nil
	}
	f.count(m.From)
	return d.Refusal()
}

func (f *face) count(from name.Name) {
	f.mu.Lock()
	first := len(f.refused) == 0
	if _, known := f.refused[from]; known || len(f.refused) < maxStrangers {
		f.refused[from]++
	} else {
		f.refused[others]++
	}
	f.mu.Unlock()
	if first {
		f.wake()
	}
}

// drain hands over what was counted.
func (f *face) drain(take func(from name.Name, n uint64)) {
	f.mu.Lock()
	counted := f.refused
	f.refused = map[name.Name]uint64{}
	f.mu.Unlock()
	for from, n := range counted {
		take(from, n)
	}
}

func (f *face) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.refused) == 0
}
