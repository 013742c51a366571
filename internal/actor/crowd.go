package actor

import "sync"

// weight is how much of a mailbox is taken, or may be.
type weight struct{ n, bytes int }

// crowd holds what several senders have waiting in one mailbox. Those with messages stand in a ring; the first one's turn is next.
type crowd struct {
	senders     map[string]*sender
	first, last *sender
	spare       *sender
	made        int // senders, those to spare included
}

// sender is an owner whose messages wait.
type sender struct {
	who string
	queue
	weight
	next *sender
}

// A crowd in use has 32 senders at most if it is to be used again.
const maxSpare = 32

var crowds = sync.Pool{New: func() any { return &crowd{senders: map[string]*sender{}} }}

// gather begins with the messages of one sender.
func gather(q queue, w weight) *crowd {
	c := crowds.Get().(*crowd)
	s := c.enter(senderOf(q.last))
	s.queue, s.weight = q, w
	return c
}

// disperse gives an empty crowd back.
func (c *crowd) disperse() {
	if c.made <= maxSpare {
		crowds.Put(c)
	}
}

// of is what a sender has waiting.
func (c *crowd) of(who string) weight {
	if s := c.senders[who]; s != nil {
		return s.weight
	}
	return weight{}
}

func (c *crowd) add(who string, m *Message) {
	s := c.senders[who]
	if s == nil {
		s = c.enter(who)
	}
	s.queue.add(m)
	s.n++
	s.bytes += len(m.Args)
}

// enter gives a sender the last place in the ring.
func (c *crowd) enter(who string) *sender {
	s := c.spare
	if s == nil {
		s = &sender{}
		c.made++
	} else {
		c.spare = s.next
	}
	*s = sender{who: who}
	c.senders[who] = s
	c.enlist(s)
	return s
}

func (c *crowd) enlist(s *sender) {
	if c.last == nil {
		c.first = s
	} else {
		c.last.next = s
	}
	c.last, s.next = s, nil
}

func (c *crowd) peek() *Message { return c.first.queue.first() }

// pop takes the next message, after which its sender has the last turn.
func (c *crowd) pop() {
	s := c.first
	s.drop(c.peek())
	if c.leave(nil, s); s.n > 0 {
		c.enlist(s)
	} else {
		c.forget(s)
	}
}

// leave takes a sender out of the ring that stands behind another one, nil for the first.
func (c *crowd) leave(before, s *sender) {
	if before == nil {
		c.first = s.next
	} else {
		before.next = s.next
	}
	if c.last == s {
		c.last = before
	}
}

func (c *crowd) forget(s *sender) {
	delete(c.senders, s.who)
	*s = sender{next: c.spare}
	c.spare = s
}

func (s *sender) drop(m *Message) {
	s.queue.remove(m)
	s.n--
	s.bytes -= len(m.Args)
}
