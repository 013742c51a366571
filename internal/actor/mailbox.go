package actor

import "github.com/wabgo/wab/internal/wire"

// Limits of one CA's mailbox. Notices of its own come in addition.
const (
	MaxWaiting      = 1024     // messages
	MaxWaitingBytes = 16 << 20 // of their arguments
	retryMailboxMs  = 100
)

// mailbox holds the messages that wait for a CA. Those of one sender keep the order of their arrival; between senders, which are told apart by their owners, turns go
// round. While all are from one sender there is no more than the queue. It is guarded by CA.mu, and small: every CA in memory has one.
type mailbox struct {
	queue        // of the only sender, while there is only one
	crowd *crowd // else; kept until the mailbox is empty
	n     int32
	bytes int32 // of their arguments
}

var errMailboxFull = wire.Retry(wire.Overloaded, "This assistant has too many requests waiting; try again shortly.", retryMailboxMs)

// notices is the sender of a CA's own notices. No owner has this name.
const notices = "*"

// senderOf is the owner of who has sent a message. What comes by channels is one sender's: who it is from is not known before the CA's turn.
func senderOf(m *Message) string {
	switch {
	case m.answer != nil && m.post == nil:
		return notices
	case m.From.Host != "":
		return m.From.Owner + "@" + m.From.Host
	default:
		return m.From.Owner
	}
}

func (b *mailbox) len() int { return int(b.n) }

// push takes a message in. A full mailbox makes room for a sender that has less than its share: out are the messages that were pushed out. Home is the CA's owner.
func (b *mailbox) push(m *Message, home string) (out queue, err *wire.Error) {
	if b.short(m) != (weight{}) && senderOf(m) != notices {
		if out, err = b.makeRoom(m, home); err != nil {
			return out, err
		}
	}
	b.add(m)
	return out, nil
}

// short is what a message lacks to fit in.
func (b *mailbox) short(m *Message) weight {
	n := b.len() + 1 - MaxWaiting
	if n > 0 {
		n -= b.own()
	}
	return weight{max(0, n), max(0, int(b.bytes)+len(m.Args)-MaxWaitingBytes)}
}

// own counts the CA's own notices.
func (b *mailbox) own() int {
	switch {
	case b.crowd != nil:
		return b.crowd.of(notices).n
	case b.n > 0 && senderOf(b.last) == notices:
		return b.len()
	}
	return 0
}

// add puts a message at the end of its sender's queue, whatever waits already.
func (b *mailbox) add(m *Message) {
	who := ""
	if b.n > 0 {
		who = senderOf(m)
		b.gatherFor(who)
	}
	if b.crowd == nil {
		b.queue.add(m)
	} else {
		b.crowd.add(who, m)
	}
	b.n++
	b.bytes += int32(len(m.Args))
}

// gatherFor has the queues told apart if the one there is another sender's.
func (b *mailbox) gatherFor(who string) {
	if b.crowd == nil && b.n > 0 && senderOf(b.last) != who {
		b.crowd = gather(b.queue, weight{b.len(), int(b.bytes)})
		b.queue = queue{}
	}
}

// putBack has messages go first that were taken out before.
func (b *mailbox) putBack(ms []*Message) {
	if len(ms) == 0 {
		return
	}
	others := b.drain()
	for _, m := range ms {
		b.add(m)
	}
	for _, m := range others {
		b.add(m)
	}
}

// peek is the message that pop would take. Messages that come meanwhile don't change it.
func (b *mailbox) peek() *Message {
	if b.crowd != nil {
		return b.crowd.peek()
	}
	return b.queue.first()
}

func (b *mailbox) pop() *Message {
	m := b.peek()
	if m == nil {
		return nil
	}
	if b.crowd == nil {
		b.queue.remove(m)
	} else {
		b.crowd.pop()
	}
	b.n--
	b.bytes -= int32(len(m.Args))
	if b.n == 0 && b.crowd != nil {
		b.crowd.disperse()
		b.crowd = nil
	}
	return m
}

// drain takes all messages out, in the order of their turns.
func (b *mailbox) drain() (all []*Message) {
	if b.n > 0 {
		all = make([]*Message, 0, b.n)
	}
	for m := b.pop(); m != nil; m = b.pop() {
		all = append(all, m)
	}
	return all
}
