package call

import (
	"sync"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// maxQueued is how many payloads wait for a connection that reads slowly, before the call is given up on it.
const maxQueued = 256

// A line is a call on one connection. It keeps what has no room in the connection's queue, and is its Source then.
type line struct {
	client *client
	number uint32
	hello  sfu.Hello

	mu     sync.Mutex
	queue  [][]byte
	opened bool // until then nothing else goes
	ended  bool
}

// send sends a payload of which nothing may be lost: false means that the line is of no use any more.
func (l *line) send(payload []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.frame(wire.CallSignal{Call: l.number, Payload: payload}.Append(nil))
}

// offer sends a payload that the next one of its kind makes up for.
func (l *line) offer(payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened && !l.ended && len(l.queue) == 0 {
		l.client.conn.Send(session.NewFrame(wire.CallSignal{Call: l.number, Payload: payload}.Append(nil)))
	}
}

// open sends the frame that is the first one.
func (l *line) open(f wire.CallOpened) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = true
	return l.frame(f.Append(nil))
}

// frame is called with mu held.
func (l *line) frame(b []byte) bool {
	switch {
	case l.ended || !l.opened:
		return !l.ended
	case len(l.queue) == 0 && l.client.conn.Send(session.NewFrame(b)):
		return true
	case len(l.queue) == maxQueued:
		return false
	}
	l.queue = append(l.queue, b)
	l.client.conn.Ready(l)
	return true
}

// end tells the client that the call is over, and why, as the last frame.
func (l *line) end(why *wire.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	l.queue = append(l.queue, wire.CallEnd{Call: l.number, Err: *why}.Append(nil))
	l.client.conn.Ready(l)
}

// Fill brings what waits.
func (l *line) Fill(dst []byte, limit int) (out []byte, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, b := range l.queue {
		if len(dst) >= limit {
			l.queue = l.queue[i:]
			return dst, true
		}
		dst = session.AppendFrame(dst, b)
	}
	l.queue = nil
	return dst, false
}
