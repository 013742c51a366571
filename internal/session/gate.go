package session

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// Buffers of coder/websocket on an idle connection. It writes control frames only, of at most 131 bytes.
const (
	readBuffer  = 1024
	writeBuffer = 256
)

// A gate lets whole writes through, one at a time: ours of data frames, and coder/websocket's of control frames. What is left of one that
// was cut goes before anything else.
type gate struct {
	net.Conn
	raw  syscall.RawConn // nil: all writes wait
	mu   sync.Mutex
	rest []byte
	shut bool // our close frame is out: nothing may follow it
}

func newGate(c net.Conn) *gate { return &gate{Conn: c, raw: rawConn(c)} }

// Write is what coder/websocket calls. After our close frame it does nothing.
func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return len(b), nil
	}
	if err := g.writeRest(func() {}); err != nil {
		return 0, err
	}
	return g.Conn.Write(b)
}

// quick tells whether a write can be tried.
func (g *gate) quick() bool { return g.raw != nil }

// enter locks the gate for a try, unless somebody is writing.
func (g *gate) enter() bool {
	if !g.mu.TryLock() {
		return false
	}
	if len(g.rest) > 0 || g.shut {
		g.mu.Unlock()
		return false
	}
	return true
}

// try writes whole frames as far as that goes at once, and keeps what is left. The caller has entered.
func (g *gate) try(a *attempt, b []byte) (left int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := a.write(g.raw, b)
	if err == nil && n < len(b) {
		g.rest = bytes.Clone(b[n:])
	}
	return len(g.rest), err
}

// chunk is how much of a large frame is written before the writer shows that it gets on.
const chunk = 64 << 10

// writeFrames writes whole frames. progress is called before each chunk.
func (g *gate) writeFrames(b []byte, progress func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.writeRest(progress); err != nil {
		return err
	}
	_, err := g.write(b, progress)
	return err
}

// writeRest is called with mu held.
func (g *gate) writeRest(progress func()) error {
	n, err := g.write(g.rest, progress)
	if g.rest = g.rest[n:]; len(g.rest) == 0 {
		g.rest = nil
	}
	return err
}

func (g *gate) write(b []byte, progress func()) (n int, err error) {
	for n < len(b) && err == nil {
		progress()
		var m int
		m, err = g.Conn.Write(b[n:min(len(b), n+chunk)])
		n += m
	}
	return n, err
}

// writeLast writes the frames that end the connection.
func (g *gate) writeLast(b []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	if err := g.writeRest(func() {}); err != nil {
		return err
	}
	_, err := g.Conn.Write(b)
	return err
}

// A hijacker catches the net.Conn under an upgrade, and gives coder/websocket a gate to it, with small buffers.
type hijacker struct {
	http.ResponseWriter
	gate *gate
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.gate = newGate(conn)
	r, err := smallReader(brw.Reader, conn)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return h.gate, bufio.NewReadWriter(r, bufio.NewWriterSize(h.gate, writeBuffer)), nil
}

// smallReader takes over what an eager client has sent behind its upgrade request. coder/websocket looks for it in the reader's buffer.
func smallReader(from *bufio.Reader, conn io.Reader) (*bufio.Reader, error) {
	n := from.Buffered()
	if n > readBuffer {
		return nil, errors.New("session: too much data behind the upgrade request")
	}
	if n == 0 {
		return bufio.NewReaderSize(conn, readBuffer), nil
	}
	r := bufio.NewReaderSize(io.MultiReader(io.LimitReader(from, int64(n)), conn), readBuffer)
	_, err := r.Peek(n)
	return r, err
}
