package pubsub

import (
	"sync"

	"github.com/wabgo/wab/internal/session"
)

// ends are refusals that have found no room in a connection's queue. They are the Source of what it lacks of them. A client that reads none of
// as many as it can have subscriptions loses the rest.
type ends struct {
	mu      sync.Mutex
	waiting [][]byte // topic-end frames
}

// send sends a topic-end, or keeps it until there is room.
func (e *ends) send(c *session.Conn, frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case len(e.waiting) == 0 && c.Send(session.NewFrame(frame)):
	case len(e.waiting) < MaxListeners:
		e.waiting = append(e.waiting, frame)
		c.Ready(e)
	}
}

// Fill brings what waits.
func (e *ends) Fill(dst []byte, _ int) (out []byte, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, frame := range e.waiting {
		dst = session.AppendFrame(dst, frame)
	}
	e.waiting = nil
	return dst, false
}
