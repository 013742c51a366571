package session

import "time"

// plainBuffer is how much a connection reads at once that can only be read by waiting. It is held while nothing comes.
const plainBuffer = 1024

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
	now, full := c.now(), false
	for more := true; more && c.yields(now); {
		n, err := c.out.gate.Read(buf)
		if !full { // it has waited
			now = c.now()
		}
		more = (n == 0 || c.arrived(buf[:n], now)) && err == nil
		full = n == len(buf)
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
