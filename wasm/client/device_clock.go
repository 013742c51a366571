package client

import "math"

// serverTime is the server's time as we know it, and by how much it may be wrong, in µs; known is false before the clocks could be compared.
func (c *Client) serverTime() (now, bound int64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	local := c.now()
	bound = c.clock.Bound(local)
	return c.clock.Server(local), bound, bound < math.MaxInt64
}
