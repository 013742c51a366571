package session

import "time"

// A connection that can only be read by waiting reads as much as plainBuffer at once, which it holds while nothing comes. How much of the wait is work can't be
// seen: plainRead is what it counts as at most.
const (
	plainBuffer = 1024
	plainRead   = 2 * time.Microsecond
)

// listen reads until the connection ends.
func (c *Conn) listen() {
	if c.out.gate.raw != nil {
		c.listenRaw()
	} else {
		c.listenPlain()
	}
}

// listenPlain reads what knows no bare system calls: TLS, for instance, which has its own buffers.
func (c *Conn) listenPlain() {
	buf := make([]byte, plainBuffer)
	now := c.now()
	for more := true; more && c.yields(now); {
		n, err := c.out.gate.Read(buf)
		if t := c.now(); t.Sub(now) > plainRead {
			now = t.Add(-plainRead)
		}
		more = (n == 0 || c.arrived(buf[:n], now)) && err == nil
		now = c.spend(now)
	}
}

// yields waits for a turn where one is due, and ends it before it reads, which may take for ever. It reports false when the server stops.
func (c *Conn) yields(now time.Time) bool {
	if !c.mayRead(now) && !c.awaitTurn() {
		return false
	}
	c.passTurn()
	return true
}
