package clocksync

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Durations in µs.
const (
	ms     = int64(1_000)
	second = 1_000 * ms
	hour   = 3_600 * second
)

// A device has a clock of its own and a way to the server, whose clock is the true one.
type device struct {
	rand   *rand.Rand
	offset int64
	drift  func(true int64) float64 // how much its clock is ahead by drift alone, µs
	there  func() int64             // delays
	back   func() int64
	lost   float64 // share of the pings
	double float64 // share of the answers

	clock   Clock
	now     int64 // true
	sent    int64 // when the last ping was, local
	pings   int
	pending []arrival
	best    Sample // what a filter for the shortest round trip would take
	check   func() // after each sample
}

type arrival struct {
	at int64 // true
	Sample
}

// newDevice is one of the fleet that the guarantee speaks of.
func newDevice(seed uint64, jitterThere, jitterBack int64) *device {
	r := rand.New(rand.NewPCG(seed, 1))
	ppm := between(r, -50e-6, 50e-6)
	base, asymmetry := between(r, 5e3, 100e3), between(r, -10e3, 10e3)
	d := &device{
		rand: r, now: 1_900_000_000 * second, check: func() {},
		offset: int64(between(r, -5, 5) * float64(hour)),
		there:  func() int64 { return max(int64(base+asymmetry/2), 0) + r.Int64N(jitterThere+1) },
		back:   func() int64 { return max(int64(base-asymmetry/2), 0) + r.Int64N(jitterBack+1) },
	}
	start := d.now
	d.drift = func(true int64) float64 { return ppm * float64(true-start) }
	d.sent = d.local(d.now) - hour
	return d
}

func between(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

// local is what the device's clock shows.
func (d *device) local(true int64) int64 { return true + d.offset + int64(d.drift(true)) }

// truth is when the device's clock shows it.
func (d *device) truth(local int64) int64 {
	t := local - d.offset
	for range 4 {
		t = local - d.offset - int64(d.drift(t))
	}
	return t
}

func (d *device) ping() {
	d.pings++
	d.sent = d.local(d.now)
	received := d.now + d.there()
	answered := received + d.rand.Int64N(ms)
	for n := d.rand.Float64(); ; n = d.rand.Float64() {
		if n < d.lost {
			return
		}
		arrived := answered + d.back()
		d.pending = append(d.pending, arrival{arrived, Sample{d.sent, received, answered, d.local(arrived)}})
		if d.rand.Float64() >= d.double {
			break
		}
	}
	slices.SortStableFunc(d.pending, func(a, b arrival) int { return int(a.at - b.at) })
}

func (d *device) receive() {
	s := d.pending[0].Sample
	d.now = d.pending[0].at
	s.Arrived = d.local(d.now) // in case the clock was set meanwhile
	d.pending = d.pending[1:]
	d.clock.Add(s)
	if d.best == (Sample{}) || roundTrip(s) < roundTrip(d.best) {
		d.best = s
	}
	d.check()
}

func roundTrip(s Sample) int64 { return s.Arrived - s.Sent - (s.Answered - s.Received) }

// step goes on to the next answer or ping.
func (d *device) step() {
	next := max(d.truth(d.clock.Pace(d.sent)), d.now)
	if len(d.pending) > 0 && d.pending[0].at <= next {
		d.receive()
		return
	}
	d.now = next
	d.ping()
}

// warm pings so often, and takes all the answers.
func (d *device) warm(pings int) {
	for end := d.pings + pings; d.pings < end; {
		d.step()
	}
	for len(d.pending) > 0 {
		d.receive()
	}
}

// run goes on for a time.
func (d *device) run(time int64) {
	for end := d.now + time; d.now < end; {
		d.step()
	}
}

func (d *device) error() int64 { return d.clock.Server(d.local(d.now)) - d.now }

// skew is how far from its due instant, so much later, something happens that the device does by its clock.
func (d *device) skew(later int64) int64 {
	due := d.now + later
	return abs(d.truth(d.clock.Local(due)) - due)
}

// filtered is the skew of a clock that takes the middle of the shortest round trip.
func (d *device) filtered(later int64) int64 {
	offset := (d.best.Received+d.best.Answered)/2 - (d.best.Sent+d.best.Arrived)/2
	return abs(d.truth(d.now+later-offset) - d.now - later)
}

func abs(n int64) int64 { return max(n, -n) }

func percentile(all []int64, p float64) float64 {
	slices.Sort(all)
	return float64(all[int(p*float64(len(all)-1))]) / 1000
}

func report(t *testing.T, what string, all []int64) (p99 float64) {
	t.Helper()
	p99 = percentile(all, .99)
	t.Logf("%-40s p50 %5.1f ms, p99 %5.1f ms, worst %5.1f ms", what, percentile(all, .5), p99, percentile(all, 1))
	return p99
}
