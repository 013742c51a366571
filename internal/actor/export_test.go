package actor

import "github.com/wabgo/wab/internal/wire"

// Forged is an Answer that no receiver has given.
func Forged(m *Message, about uint64, result []byte, err *wire.Error) *Message {
	m.answer = &answer{about: about, method: "guess", result: result, err: err}
	return m
}
