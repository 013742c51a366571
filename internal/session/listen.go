package session

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
	for more := true; more; {
		n, err := c.out.gate.Read(buf)
		more = (n == 0 || c.arrived(buf[:n])) && err == nil
	}
}
