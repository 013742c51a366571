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

// Waiting counts what waits for a CA in memory.
func Waiting(rt *Runtime, id name.Name) int {
	c := rt.table.get(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.box.len()
}
