// Package clocksync tells the server's time by a clock of our own: how far apart the two are, how fast they drift apart, and how wrong that
// can be at most.
//
// # How it works
//
// A ping brings four instants. The server's clock minus ours is no more than received − sent, and no less than answered − arrived: what
// is between is delay. The two are independent of each other, and the least delay on the way there and the least on the way back need not
// belong to the same ping, so each has its own envelope: the lower convex hull of received − sent, and of arrived − answered, over the local
// time (compare Moon, Skelly, Towsley: Estimation and Removal of Clock Skew from Network Delay Measurements, INFOCOM 1999). Only points that
// can touch some line of a possible slope are kept, a handful of hundreds.
//
// The drift is the slope at which two parallel lines, one below each envelope, leave the most room: for delays that are often short and
// seldom long that is the likeliest. Until the samples reach back far enough to tell, it stays near nothing. The offset is in the middle of
// that room, since nobody can see how the least delay is shared between the two directions.
//
// # What it guarantees
//
// Bound is what the error can be at most, as long as every delay is really one, clocks tell the instant to a millisecond, and drift apart by
// no more than MaxDrift. Half of it is the asymmetry that the shortest way might have; it narrows with more samples and grows with their age.
// The estimate needs no such promise: a line on which the way there is slower than the way back by 10 ms, always, puts it wrong by 5.
//
// Samples may be lost, doubled and out of order, and delays may change at any time. A sample that contradicts the others means that one of
// the clocks was set, or that ours stood still in sleep: the Clock then starts over with that sample, and needs a new burst of pings.
// A step that is smaller than the room between the envelopes may contradict nothing. It is forgotten with what was seen before it, in an
// hour or two, and until then the bound can be as wrong as the step was large.
//
// Server never goes back between two calls whose local instants do not, but where a clock was set back by more than a second: where a better
// sample says that it is earlier, it stands still until it is.
//
// # Limits
//
// A Clock takes less than two kilobytes, whatever it hears, and a sample 50 ns: most change nothing. Instants are int64 µs; the
// local ones should be from a monotonic source, so that the user's setting of the clock doesn't matter. It is used by one goroutine at a time.
//
// The package is pure and belongs to the browser core.
package clocksync
