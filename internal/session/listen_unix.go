//go:build unix

package session

import (
	"runtime"
	"sync"
	"syscall"
)

// Buffers to read to, held only while something comes.
const readBuffer = 16 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// listenRaw reads in one call, which the poller wakes when something has come. Messages are handled within it. Turns are waited for outside of it: gate.Close
// waits until it is left.
func (c *Conn) listenRaw() {
	drain := c.drain
	for again := true; again; again = c.held && c.awaitTurn() {
		c.held = false
		c.out.gate.raw.Read(drain)
	}
}

// drain reads until there is nothing more for now; true leaves the call, for a turn or for good. A read that brings less than there was room for is followed by
// another: the poller tells once of data and end together. One that brings more shows a client that sends faster than it is read: others go first then.
func (c *Conn) drain(fd uintptr) (leave bool) {
	buf := readBuffers.Get().(*[readBuffer]byte)
	defer readBuffers.Put(buf)
	now := c.now()
	for again := false; c.mayRead(now) && !c.out.gate.gone.Load(); again = true {
		n, err := readOnce(fd, buf[:])
		if again && n > 0 {
			runtime.Gosched()
			now = c.now()
		}
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			c.passTurn()
			return false
		case err != nil || n <= 0 || !c.arrived(buf[:n], now):
			return true
		default:
			now = c.spend(now)
		}
	}
	return true
}
