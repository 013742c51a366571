package actor

import "github.com/wabgo/wab/internal/wire"

// Limits of one CA's mailbox.
const (
	MaxWaiting      = 1024     // messages
	MaxWaitingBytes = 16 << 20 // of their arguments
	retryMailboxMs  = 100
)

// mailbox holds the messages that wait for a CA, in the order of their arrival. It is guarded by CA.mu.
type mailbox struct {
	waiting []*Message
	first   int
	bytes   int
}

var errMailboxFull = wire.Retry(wire.Overloaded, "This assistant has too many requests waiting; try again shortly.", retryMailboxMs)

func (b *mailbox) len() int { return len(b.waiting) - b.first }

func (b *mailbox) push(m *Message) *wire.Error {
	if b.len() >= MaxWaiting || b.bytes+len(m.Args) > MaxWaitingBytes {
		return errMailboxFull
	}
	if b.first > 0 && len(b.waiting) == cap(b.waiting) {
		n := copy(b.waiting, b.waiting[b.first:])
		clear(b.waiting[n:])
		b.waiting, b.first = b.waiting[:n], 0
	}
	b.waiting = append(b.waiting, m)
	b.bytes += len(m.Args)
	return nil
}

// force adds a message of the CA's own, whatever waits already.
func (b *mailbox) force(m *Message) {
	b.waiting = append(b.waiting, m)
	b.bytes += len(m.Args)
}

// putBack has messages go first that were taken out before.
func (b *mailbox) putBack(ms []*Message) {
	if len(ms) == 0 {
		return
	}
	b.waiting, b.first = append(ms, b.waiting[b.first:]...), 0
	for _, m := range ms {
		b.bytes += len(m.Args)
	}
}

func (b *mailbox) peek() *Message {
	if b.len() == 0 {
		return nil
	}
	return b.waiting[b.first]
}

func (b *mailbox) pop() *Message {
	m := b.peek()
	if m == nil {
		return nil
	}
	b.waiting[b.first] = nil
	b.bytes -= len(m.Args)
	if b.first++; b.first == len(b.waiting) {
		b.empty()
	}
	return m
}

// empty keeps a small buffer for the next messages and lets a large one go.
func (b *mailbox) empty() {
	const small = 8
	if b.first = 0; cap(b.waiting) > small {
		b.waiting = nil
	} else {
		b.waiting = b.waiting[:0]
	}
}

func (b *mailbox) drain() []*Message {
	all := b.waiting[b.first:]
	*b = mailbox{}
	return all
}
