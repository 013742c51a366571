package actor

import "github.com/wabgo/wab/internal/wire"

// A full mailbox is shared: half of it is its CA's owner's, the rest belongs to the other senders in equal parts. Who would stay within its share is let in, and what
// others have beyond theirs makes room: the newest message of whoever has most of that, of the last in the ring among equals. The shares together are no more than the
// mailbox, so there is always enough, but for the bytes that the next message to be handled has beyond its sender's share: that one is never pushed out.

// shares are what senders may have of a full mailbox.
type shares struct {
	home           string // the CA's owner
	owners, others weight
}

func (s shares) of(who string) weight {
	if who == s.home {
		return s.owners
	}
	return s.others
}

// shares are those of the senders there are, and one that comes.
func (c *crowd) shares(coming, home string) shares {
	n := len(c.senders)
	for _, who := range [...]string{home, notices} {
		if c.senders[who] != nil {
			n--
		}
	}
	if coming != home && c.senders[coming] == nil {
		n++
	}
	n = max(n, 1)
	half := weight{MaxWaiting / 2, MaxWaitingBytes / 2}
	return shares{home, half, weight{half.n / n, half.bytes / n}}
}

// makeRoom pushes out what a message needs to fit in: what others have beyond their shares if its sender may have so much, else of its sender's own what yields to it.
func (b *mailbox) makeRoom(m *Message, home string) (out queue, err *wire.Error) {
	who := senderOf(m)
	alone := b.crowd == nil && (b.n == 0 || senderOf(b.last) == who)
	if !alone {
		b.gatherFor(who)
	}
	entitled := !alone && b.crowd.entitled(who, home, m, b.short(m))
	for short := b.short(m); short != (weight{}); short = b.short(m) {
		var x *Message
		if entitled {
			x = b.crowd.pushOut(b.crowd.shares(who, home), short.n > 0)
		} else {
			x = b.yielding(m, who)
		}
		if x == nil {
			return out, errMailboxFull
		}
		b.n--
		b.bytes -= int32(len(x.Args))
		out.add(x)
	}
	return out, nil
}

// yielding takes the newest message of a post's own sender if it is a request: a client hears at once that it has to ask again, while a post tries once in a while only,
// and might find the mailbox full each time.
func (b *mailbox) yielding(m *Message, who string) *Message {
	if m.post == nil {
		return nil
	}
	if b.crowd == nil {
		x := b.last
		if b.n < 2 || x.Kind != Call {
			return nil
		}
		b.queue.remove(x)
		return x
	}
	s := b.crowd.senders[who]
	if s == nil || s.n < 2 || s.queue.last.Kind != Call {
		return nil
	}
	x := s.queue.last
	s.drop(x)
	return x
}

// entitled tells whether a sender stays within its share with another message, as far as the mailbox is short.
func (c *crowd) entitled(who, home string, m *Message, short weight) bool {
	has, share := c.of(who), c.shares(who, home).of(who)
	return (short.n == 0 || has.n+1 <= share.n) && (short.bytes == 0 || has.bytes+len(m.Args) <= share.bytes)
}

// pushOut takes away the newest message of the sender who has most beyond its share, of places or else of bytes. It is nil if nothing but the next message is.
func (c *crowd) pushOut(shares shares, places bool) *Message {
	var most, before, previous *sender
	beyond := 1
	for s := c.first; s != nil; previous, s = s, s.next {
		if over := s.beyond(shares.of(s.who), places); over >= beyond && s.who != notices && s.queue.last != c.peek() {
			most, before, beyond = s, previous, over
		}
	}
	if most == nil {
		return nil
	}
	m := most.queue.last
	if most.drop(m); most.n == 0 {
		c.leave(before, most)
		c.forget(most)
	}
	return m
}

// beyond is how many places, or bytes, a sender has more than its share.
func (s *sender) beyond(share weight, places bool) int {
	if places {
		return s.n - share.n
	}
	return s.bytes - share.bytes
}
