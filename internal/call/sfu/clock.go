package sfu

import (
	"sync"

	"github.com/wabgo/wab/internal/timeline"
)

// clockMap maps the server's clock to the RTP clock of a track, by the publisher's sender reports. It may be used by several goroutines.
type clockMap struct {
	mu    sync.Mutex
	clock timeline.Clock
}

// heard takes a report that arrived at now (µs since the epoch); delay is how long it was under way, µs.
func (c *clockMap) heard(ntp uint64, stamp uint32, now, delay int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock.Add(ntp, stamp, now-delay)
}

// rtp returns the timestamp of what was captured at an instant of our clock (µs since the epoch).
func (c *clockMap) rtp(at int64) (stamp uint32, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock.Map(at)
}
