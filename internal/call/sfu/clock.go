package sfu

import "sync"

// clockMap maps the server's clock to the RTP clock of a track, by the publisher's sender reports. They say which RTP timestamp belongs
// to which instant of the publisher's own clock; how far that clock is from ours is what the quickest of the last reports tells: it
// arrived one way's delay after it was made.
type clockMap struct {
	rate int64 // ticks a second

	mu      sync.Mutex
	known   bool
	ntp     int64 // µs, of the last report, by the publisher's clock
	stamp   uint32
	offsets [clockReports]int64 // ours less the publisher's, µs, of the last reports
	seen    int
}

// clockReports is how many reports are looked at: about half a minute, in which two clocks drift apart by less than 2 ms.
const clockReports = 16

// maxReach is how far from the last report an instant may be, µs.
const maxReach = 60_000_000

// heard takes a report that arrived at now (µs since the epoch); delay is how long it was under way, µs.
func (c *clockMap) heard(ntp uint64, stamp uint32, now, delay int64) {
	if ntp == 0 {
		return // the publisher has no clock
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := microseconds(ntp)
	c.ntp, c.stamp, c.known = at, stamp, true
	c.offsets[c.seen%clockReports] = now - delay - at
	c.seen++
}

// rtp returns the timestamp of what was captured at an instant of our clock (µs since the epoch).
func (c *clockMap) rtp(at int64) (stamp uint32, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return 0, false
	}
	best := c.offsets[0]
	for _, o := range c.offsets[:min(c.seen, clockReports)] {
		best = min(best, o)
	}
	since := at - best - c.ntp
	if since > maxReach || since < -maxReach {
		return 0, false
	}
	return c.stamp + uint32(since*c.rate/1_000_000), true // wraps as timestamps do
}

// microseconds turns NTP's format (RFC 5905: seconds since 1900, and 2^32 parts of one) into µs since 1970.
func microseconds(ntp uint64) int64 {
	const from1900 = 2_208_988_800
	return (int64(ntp>>32)-from1900)*1_000_000 + int64((ntp&0xffffffff)*1_000_000>>32)
}
