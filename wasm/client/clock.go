package client

import (
	"math"
	"time"

	"github.com/wabgo/wab/internal/clocksync"
	"github.com/wabgo/wab/internal/link"
)

// ClockState is what is known of the server's clock.
type ClockState struct {
	// Offset is the server's clock minus ours. Ours is the device's when the Client was made, and since then how much time has passed:
	// setting the device's clock changes nothing.
	Offset time.Duration
	// Bound is what Offset can be wrong by at most: half of the shortest way there and back, and what age adds. It is the longest
	// Duration before anything is known, and after the device may have slept, until the server has answered again.
	Bound time.Duration
	// Drift is how much faster the server's clock is than ours, in millionths.
	Drift float64
	// Settled tells that the first few comparisons are in. More make it finer, for some minutes.
	Settled bool
}

// Now is the server's time, as well as it is known here: see Clock. It does not go back, unless a clock was set.
func (c *Client) Now() time.Time {
	now, _, _ := c.serverTime()
	return time.UnixMicro(now).UTC()
}

// serverTime is the server's time as we know it, and by how much it may be wrong, in µs; known is false while that can't be told.
func (c *Client) serverTime() (now, bound int64, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookAtWatch()
	local := c.now()
	bound = c.bound(local)
	return c.clock.Server(local), bound, bound < math.MaxInt64
}

// bound is the clock's, unless that rests on a past before a sleep. mu is held.
func (c *Client) bound(local int64) int64 {
	if c.doubt {
		return math.MaxInt64
	}
	return c.clock.Bound(local)
}

// Clock tells how the server's clock is to ours, now.
func (c *Client) Clock() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookAtWatch()
	now := c.now()
	s := ClockState{
		Offset: time.Duration(c.clock.Server(now)-now) * time.Microsecond, Bound: math.MaxInt64,
		Drift: float64(c.clock.Drift()) / 1000, Settled: c.clock.Settled(),
	}
	if bound := c.bound(now); bound < math.MaxInt64/int64(time.Microsecond) {
		s.Bound = time.Duration(bound) * time.Microsecond
	}
	return s
}

// compared is told of every ping's answer. mu is held.
func (c *Client) compared(e link.Event) {
	c.clock.Add(clocksync.Sample(e.Instants))
	c.doubt = c.doubt && e.Instants.Sent < c.doubted
}

// lookAtWatch doubts the clock when the device has slept, and asks the server. mu is held.
func (c *Client) lookAtWatch() {
	if now := time.Now(); c.watch.look(now.Sub(c.t0), now.Round(0).Sub(c.t0.Round(0))) && !c.ended {
		c.doubt, c.doubted = true, c.now()
		c.pinged = c.doubted
		c.link.Ping(c.doubted)
		c.drain()
	}
}

// pace is when to ping next, 0 while there is no connection. mu is held.
func (c *Client) pace() int64 {
	if s := c.link.State().Status; s != Resuming && s != Live {
		return 0
	}
	return c.clock.Pace(c.pinged)
}

// tickClock pings when that helps. mu is held.
func (c *Client) tickClock(now int64) {
	c.lookAtWatch()
	if at := c.pace(); at != 0 && at <= now {
		c.pinged = now
		c.link.Ping(now)
	}
}
