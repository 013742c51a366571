package session

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// Buffers of coder/websocket on an idle connection. It writes control frames only, of at most 131 bytes.
const (
	readBuffer  = 1024
	writeBuffer = 256
)

// A gate lets whole writes through, one at a time: ours of data frames, and coder/websocket's of control frames.
type gate struct {
	net.Conn
	mu   sync.Mutex
	shut bool // our close frame is out: nothing may follow it
}

// Write is what coder/websocket calls. After our close frame it does nothing.
func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return len(b), nil
	}
	return g.Conn.Write(b)
}

// chunk is how much of a large frame is written before the writer shows that it gets on.
const chunk = 64 << 10

// writeFrames writes whole frames. progress is called before each chunk.
func (g *gate) writeFrames(b []byte, progress func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(b) > 0 {
		progress()
		n, err := g.Conn.Write(b[:min(len(b), chunk)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// writeLast writes the frames that end the connection.
func (g *gate) writeLast(b []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
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
	h.gate = &gate{Conn: conn}
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
	r := bufio.NewReaderSize(io.MultiReader(io.LimitReader(from, int64(n)), conn), readBuffer)
	_, err := r.Peek(n)
	return r, err
}
