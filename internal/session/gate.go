package session

import (
	"bytes"
	"io"
	"sync/atomic"
	"syscall"
)

// A gate is the connection under a session. Whole frames are written through it by one goroutine at a time, the one whose turn it is
// (outbox.writing); what is left of a write that was cut goes before anything else.
type gate struct {
	io.ReadWriteCloser
	raw  syscall.RawConn // nil: all reads and writes wait
	rest []byte
	gone atomic.Bool // closed
}

func newGate(c io.ReadWriteCloser) *gate { return &gate{ReadWriteCloser: c, raw: rawConn(c)} }

// quick tells whether a write can be tried.
func (g *gate) quick() bool { return g.raw != nil }

// Close ends the connection, and has its reader leave. Where a goroutine reads within one call, it waits until that is left, and with it the handler that runs: so no handler calls it, nor
// anybody with a lock that handlers take.
func (g *gate) Close() error {
	g.gone.Store(true)
	return g.ReadWriteCloser.Close()
}

// try writes whole frames as far as that goes at once, and keeps what is left.
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

// writeFrames writes what is left, and whole frames. progress is called before each chunk.
func (g *gate) writeFrames(b []byte, progress func()) error {
	rest := g.rest
	g.rest = nil
	for _, b := range [][]byte{rest, b} {
		for len(b) > 0 {
			progress()
			n, err := g.Write(b[:min(len(b), chunk)])
			if err != nil {
				return err
			}
			b = b[n:]
		}
	}
	return nil
}
