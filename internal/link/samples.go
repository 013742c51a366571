package link

import "github.com/wabgo/wab/internal/wire"

// Sample is one comparison of the clocks, in µs: the server's clock minus ours, and the time that the round trip took on the way. The
// offset is wrong by half the RTT at most.
type Sample struct{ Offset, RTT int64 }

// samples are the last eight.
type samples struct {
	ring [8]Sample
	n    int
}

// Clock is the sample with the shortest round trip among the last eight; ok is false before the first.
func (l *Link) Clock() (best Sample, ok bool) {
	for i := range min(l.samples.n, len(l.samples.ring)) {
		if s := l.samples.ring[i]; i == 0 || s.RTT < best.RTT {
			best = s
		}
	}
	return best, l.samples.n > 0
}

func (l *Link) handlePong(frame []byte) error {
	f, err := wire.ParsePong(frame)
	if err != nil {
		return err
	}
	l.stamp = max(l.stamp, f.Now)
	rtt := (l.now - f.T) - (f.Now - f.Received)
	if f.T > l.now || rtt < 0 {
		return nil // not an answer to a ping of ours
	}
	l.samples.ring[l.samples.n%len(l.samples.ring)] = Sample{Offset: (f.Received-f.T)/2 + (f.Now-l.now)/2, RTT: rtt}
	l.samples.n++
	return nil
}
