package clocksync

// Envelopes grow too old to be of use: the drift has changed, or a step too small to contradict anything has put them wrong. Others take over
// when they have seen as much.
const (
	memory = 3_600_000_000 // µs
	plenty = 150           // samples
)

// envelopes are what a line through the offsets must leave above and below.
type envelopes struct {
	above, below hull // of received − sent, and of arrived − answered
	began        int64
	count        int
}

// add takes a sample in and tells whether it changes anything.
func (e *envelopes) add(s Sample) bool {
	if e.count == 0 {
		e.began = s.Sent
	}
	e.count++
	above := e.above.add(point{s.Sent, s.Received - s.Sent})
	return e.below.add(point{s.Arrived, s.Arrived - s.Answered}) || above
}

// note takes a sample in and tells whether the estimate changes by it.
func (c *Clock) note(s Sample) bool {
	news := c.seen.add(s)
	c.young.add(s)
	if c.young.count < plenty || s.Arrived-c.young.began < memory {
		return news
	}
	c.seen, c.young = c.young, envelopes{}
	return true
}
