package actor

// queue is a ring of messages, linked through themselves: each message waits in one mailbox at a time, and none costs anything besides.
type queue struct{ last *Message }

func (q *queue) first() *Message {
	if q.last == nil {
		return nil
	}
	return q.last.next
}

func (q *queue) add(m *Message) {
	m.next, m.prev = m, m
	if q.last != nil {
		m.next, m.prev = q.last.next, q.last
		m.prev.next, m.next.prev = m, m
	}
	q.last = m
}

func (q *queue) remove(m *Message) {
	m.prev.next, m.next.prev = m.next, m.prev
	switch {
	case m.next == m:
		q.last = nil
	case q.last == m:
		q.last = m.prev
	}
	m.next, m.prev = nil, nil
}
