package clocksync

import "math"

// Sample is a ping and its answer: Sent and Arrived by our clock, Received and Answered by the server's, in µs.
type Sample struct{ Sent, Received, Answered, Arrived int64 }

const (
	// MaxDrift is how fast the two clocks may come apart, in parts per billion: 50 ppm for each crystal. Beyond, samples contradict
	// each other sooner or later.
	MaxDrift = 100_000

	steepest = MaxDrift * 1e-9
	grain    = 1_000     // how exact the instants are, µs
	patience = 1_000_000 // the longest that the clock stands still, µs
)

// Clock tells the server's time. Its zero value knows nothing yet.
type Clock struct {
	seen  envelopes // what the estimate rests on
	young envelopes // what it will rest on later
	began int64     // when it started over
	trip  int64     // the usual round trip

	at     int64   // the last instant of our clock in the samples
	offset int64   // the server's clock minus ours, at that instant
	drift  float64 // how fast it grows
	usual  float64 // the drift before it started over
	low    int64   // the least and the most that the offset can be
	high   int64

	floor   int64 // what Server does not go below,
	floorAt int64 // from this instant on
}

// Add takes the answer to a ping. What no ping can bring is ignored.
func (c *Clock) Add(s Sample) {
	trip := s.Arrived - s.Sent - (s.Answered - s.Received)
	if s.Arrived < s.Sent || s.Answered < s.Received || trip < 0 {
		return
	}
	before, known := c.Server(s.Arrived), c.seen.count > 0
	if known && c.contradicts(s) {
		*c = Clock{usual: c.drift}
	}
	if c.seen.count == 0 {
		c.began, c.trip = s.Sent, trip
	}
	c.trip += (trip - c.trip) / 8
	if c.note(s) {
		c.estimate(max(c.at, s.Arrived))
	}
	if after := c.Server(s.Arrived); known && after < before && before-after <= patience {
		c.floor, c.floorAt = before, s.Arrived
	}
}

// contradicts tells whether a sample can't be true together with the others.
func (c *Clock) contradicts(s Sample) bool {
	return s.Received-s.Sent < c.low-wander(s.Sent-c.at)-grain || s.Answered-s.Arrived > c.high+wander(s.Arrived-c.at)+grain
}

// wander is how far the clocks can come apart in a time, either way.
func wander(t int64) int64 { return int64(math.Abs(float64(t)) * steepest) }

// Server is the server's time at an instant of ours; before the first sample, that instant.
func (c *Clock) Server(local int64) int64 {
	t := local + c.offset + int64(float64(local-c.at)*c.drift)
	if c.floor != 0 && local >= c.floorAt {
		return max(t, c.floor)
	}
	return t
}

// Local is the instant of our clock at which it is a time of the server's.
func (c *Clock) Local(server int64) int64 {
	return c.at + int64(float64(server-c.offset-c.at)/(1+c.drift))
}

// Bound is by how much Server can be wrong at an instant of ours, in µs; math.MaxInt64 before the first sample.
func (c *Clock) Bound(local int64) int64 {
	if c.seen.count == 0 {
		return math.MaxInt64
	}
	offset := c.Server(local) - local
	return max(c.high-offset, offset-c.low) + wander(local-c.at) + grain
}

// Drift is how much faster the server's clock is than ours, in parts per billion.
func (c *Clock) Drift() int64 { return int64(c.drift * 1e9) }
