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

// listenRaw reads in one call, which the poller wakes when something has come. Messages are handled within it.
func (c *Conn) listenRaw() {
	c.out.gate.raw.Read(c.drain)
}

// drain reads until there is nothing more for now; true ends the connection. A read that brings less than there was room for is followed by
// another: the poller tells once of data and end together. One that brings more shows a client that sends faster than it is read: others go first then.
func (c *Conn) drain(fd uintptr) (over bool) {
	buf := readBuffers.Get().(*[readBuffer]byte)
	defer readBuffers.Put(buf)
	for again := false; !c.out.gate.gone.Load(); again = true {
		n, err := readOnce(fd, buf[:])
		if again && n > 0 {
			runtime.Gosched()
		}
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return false
		case err != nil || n <= 0 || !c.arrived(buf[:n]):
			return true
		}
	}
	return true
}
