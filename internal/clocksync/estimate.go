package clocksync

const (
	// unsteady is how much the drift itself may change, which makes old points count less.
	unsteady = 2e-6

	// inertia weighs what is likely of drifts (30 ppm) against the room between the lines (2 ms is worth a mention): µs of age for each unit.
	inertia = 2_000 / (30e-6 * 30e-6)

	steps = 14 // halvings, which leave 12 ppb
)

// estimate finds drift, offset and the limits of the offset at an instant no earlier than all points.
func (c *Clock) estimate(now int64) {
	from, to := -steepest, steepest
	for range steps {
		if slope := (from + to) / 2; c.roomier(now, slope) {
			from = slope
		} else {
			to = slope
		}
	}
	c.at, c.drift = now, (from+to)/2
	above, _ := c.seen.above.reach(now, c.drift+unsteady)
	below, _ := c.seen.below.reach(now, -c.drift+unsteady)
	c.high, _ = c.seen.above.reach(now, steepest)
	low, _ := c.seen.below.reach(now, steepest)
	c.low = -low
	c.offset = max(c.low, min((above-below)/2, c.high))
}

// roomier tells whether the room between the lines, likelihood included, grows with the slope: it does while the line above touches an
// older point than the line below, and has one peak.
func (c *Clock) roomier(now int64, slope float64) bool {
	_, above := c.seen.above.reach(now, slope+unsteady)
	_, below := c.seen.below.reach(now, -slope+unsteady)
	return float64(above-below) > (slope-c.usual)*inertia
}
