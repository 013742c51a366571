package session

import "sync"

// MaxEnds is how many frames Ends keep for one connection.
const MaxEnds = 256

// Ends are the frames by which a feature ends subscriptions of one connection, also where its queue has no room for them. They are the Source of what the connection lacks of
// them: beyond MaxEnds, which is as many as a client can have subscriptions, the rest is lost. The zero value is ready.
type Ends struct {
	mu      sync.Mutex
	waiting [][]byte
}

// Send sends a frame, or keeps it until there is room.
func (e *Ends) Send(c *Conn, frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case len(e.waiting) == 0 && c.Send(NewFrame(frame)):
	case len(e.waiting) < MaxEnds:
		e.waiting = append(e.waiting, frame)
		c.Ready(e)
	}
}

// Fill brings what waits.
func (e *Ends) Fill(dst []byte, _ int) (out []byte, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, frame := range e.waiting {
		dst = AppendFrame(dst, frame)
	}
	e.waiting = nil
	return dst, false
}
