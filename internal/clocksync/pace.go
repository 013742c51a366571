package clocksync

// Pings follow each other so soon at first, and so seldom later, in µs.
const (
	soonest = 250_000
	seldom  = 20_000_000

	unanswered = 1_000_000 // without any answer yet
)

// The longer the clock runs, the longer the next sample may wait, since that is what the drift must be known over. An even way needs few
// samples, one with much jitter many: one for each part of the time, and for each so many µs that a round trip usually takes too long.
const (
	fewest   = 8
	greatest = 96
	bother   = 2_000
)

// Pace is when the next ping would help, if the last was sent at an instant of our clock.
func (c *Clock) Pace(last int64) int64 {
	if c.seen.count == 0 {
		return last + unanswered
	}
	parts := int64(greatest)
	if c.seen.count >= fewest {
		parts = max(fewest, min((c.trip-(c.high-c.low))/bother, greatest))
	}
	return last + max(soonest, min((last-c.began)/parts, seldom))
}

// Settled tells whether the first samples are in: what follows is finer.
func (c *Clock) Settled() bool { return c.seen.count >= fewest }
