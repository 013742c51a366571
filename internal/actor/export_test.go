package actor

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Forged is an Answer that no receiver has given, to a CA in memory that has no turn.
func Forged(rt *Runtime, m *Message, about uint64, result []byte, err *wire.Error) *Message {
	m.answer = &answer{about: about, of: rt.table.get(m.To).meta.incarnation, method: "guess", result: result, err: err}
	return m
}

// Joined counts the replies of a CA in memory that wait for its commits.
func Joined(rt *Runtime, id name.Name) (n int) {
	c := rt.table.get(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, commit := range [...]*Commit{c.inflight, c.pending} {
		if commit == nil {
			continue
		}
		for _, e := range commit.effects {
			if e.message != nil {
				n++
			}
		}
	}
	return n
}

// Waiting counts what waits for a CA in memory.
func Waiting(rt *Runtime, id name.Name) int {
	c := rt.table.get(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.box.len()
}
