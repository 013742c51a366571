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
	// Duration before anything is known.
	Bound time.Duration
	// Drift is how much faster the server's clock is than ours, in millionths.
	Drift float64
	// Settled tells that the first few comparisons are in. More make it finer, for some minutes.
	Settled bool
}

// Now is the server's time, as well as it is known here: see Clock. It does not go back, unless a clock was set.
func (c *Client) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.UnixMicro(c.clock.Server(c.now())).UTC()
}

// Clock tells how the server's clock is to ours, now.
func (c *Client) Clock() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	s := ClockState{
		Offset: time.Duration(c.clock.Server(now)-now) * time.Microsecond, Bound: math.MaxInt64,
		Drift: float64(c.clock.Drift()) / 1000, Settled: c.clock.Settled(),
	}
	if bound := c.clock.Bound(now); bound < math.MaxInt64/int64(time.Microsecond) {
		s.Bound = time.Duration(bound) * time.Microsecond
	}
	return s
}

// compared is told of every ping's answer.
func (c *Client) compared(e link.Event) { c.clock.Add(clocksync.Sample(e.Instants)) }

// pace is when to ping next, 0 while there is no connection. mu is held.
func (c *Client) pace() int64 {
	if s := c.link.State().Status; s != Resuming && s != Live {
		return 0
	}
	return c.clock.Pace(c.pinged)
}

// tickClock pings when that helps. mu is held.
func (c *Client) tickClock(now int64) {
	if at := c.pace(); at != 0 && at <= now {
		c.pinged = now
		c.link.Ping(now)
	}
}
