package main

import (
	"github.com/wabgo/wab/internal/clocksync"
	"github.com/wabgo/wab/internal/link"
)

// compared takes a ping's answer, and tells what it makes of the server's clock if anybody wants to know.
func (d *driver) compared(i link.Instants) {
	d.clock.Add(clocksync.Sample(i))
	if d.timed {
		d.tellClock()
	}
}

func (d *driver) tellClock() {
	local := d.now
	jsClock(d.id, float64(local), float64(d.clock.Server(local)), float64(d.clock.Drift())*1e-9, float64(d.clock.Bound(local)), flag(d.clock.Settled()))
}

// pace is when to ping next for the clock, 0 while it is of no use.
func (d *driver) pace() int64 {
	if !d.timed || !d.online {
		return 0
	}
	return d.clock.Pace(d.pinged)
}

// tickClock pings when that helps.
func (d *driver) tickClock() {
	if at := d.pace(); at != 0 && at <= d.now {
		d.pinged = d.now
		d.link.Ping(d.now)
	}
}

//go:wasmexport followClock
func followClock(link int32, now float64) {
	d := at(link, now)
	if d == nil {
		return
	}
	if !d.timed && d.clock.Bound(d.now) < maxBound {
		d.tellClock()
	}
	if d.timed && d.now-d.pinged > leastPause {
		d.pinged = d.now
		d.link.Ping(d.now)
	}
	d.timed = true
	d.drain()
}

// leastPause is between pings of those who ask again, µs.
const leastPause = 1_000_000

// maxBound is what no bound that is known comes near to, µs.
const maxBound = 1 << 62
