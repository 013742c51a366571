package clocksync

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func TestDEV3_SkewAfter100Pings(t *testing.T) {
	for _, c := range []struct {
		there, back int64
		lost        float64
		aim         float64
	}{
		{200 * ms, 200 * ms, 0, 9},
		{200 * ms, 200 * ms, .3, 12},
		{400 * ms, 400 * ms, .1, 16},
		{400 * ms, 20 * ms, .1, 13},
		{0, 400 * ms, .5, 18},
		{10 * ms, 10 * ms, 0, 6},
	} {
		var ours, filtered []int64
		for seed := range uint64(1000) {
			d := newDevice(seed, c.there, c.back)
			d.lost, d.double = c.lost, .1
			d.warm(100)
			ours, filtered = append(ours, d.skew(2*second)), append(filtered, d.filtered(2*second))
		}
		name := fmt.Sprintf("jitter %d and %d ms, %.0f %% lost", c.there/ms, c.back/ms, c.lost*100)
		if p99 := report(t, name, ours); p99 > c.aim {
			t.Errorf("p99 is %.1f ms, and should be at most %.1f", p99, c.aim)
		}
		report(t, "  the shortest round trip alone", filtered)
	}
}

func TestDEV3_StaysGood(t *testing.T) {
	for _, jitter := range []int64{200 * ms, 20 * ms} {
		at := []int64{30, 60, 120, 200, 300, 600, 1200, 2400, 3600, 7200, 14400}
		skews := make([][]int64, len(at))
		pings := make([]int, len(at))
		for seed := range uint64(150) {
			d := newDevice(seed, jitter, jitter)
			d.wobble()
			start := d.now
			for i, s := range at {
				d.run(start + s*second - d.now)
				skews[i], pings[i] = append(skews[i], d.skew(2*second)), pings[i]+d.pings
			}
		}
		for i, s := range at {
			name := fmt.Sprintf("jitter %d ms, after %d s and %d pings", jitter/ms, s, pings[i]/150)
			if p99 := report(t, name, skews[i]); p99 > 15 {
				t.Errorf("p99 is %.1f ms", p99)
			}
		}
	}
}

// wobble lets the drift change with the room's temperature: 3 ppm either way in two hours.
func (d *device) wobble() {
	steady, start, phase := d.drift, d.now, between(d.rand, 0, 2*math.Pi)
	const swing, period = 3e-6, float64(7200 * second)
	d.drift = func(true int64) float64 {
		return steady(true) + swing*period/(2*math.Pi)*math.Sin(float64(true-start)*2*math.Pi/period+phase)
	}
}

// TestDEV3_BoundHolds plays lines of all kinds: nothing that honest delays do makes the error larger than the bound.
func TestDEV3_BoundHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDevice(rapid.Uint64().Draw(t, "seed"), 1, 1)
		d.drift = wildDrift(t, d.now)
		d.sent = d.local(d.now) - hour
		d.there, d.back = wildDelay(t, d, "there"), wildDelay(t, d, "back")
		d.lost, d.double = rapid.Float64Range(0, .9).Draw(t, "lost"), rapid.Float64Range(0, .5).Draw(t, "doubled")
		d.check = func() {
			for _, later := range []int64{0, 10 * ms, second, hour, 30 * hour} {
				local := d.local(d.now + later)
				if off := abs(d.clock.Server(local) - d.now - later); off > d.clock.Bound(local) {
					t.Fatalf("after %d pings, %d s later, the error is %d µs and the bound %d", d.pings, later/second, off, d.clock.Bound(local))
				}
			}
		}
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			d.warm(rapid.IntRange(1, 60).Draw(t, "pings"))
			d.now += rapid.Int64Range(0, 10*hour).Draw(t, "away")
		}
	})
}

// wildDrift changes as it likes, within MaxDrift: a zigzag.
func wildDrift(t *rapid.T, start int64) func(int64) float64 {
	const most = MaxDrift * .999e-9
	slope := rapid.Float64Range(-most, most).Draw(t, "drift")
	swing := rapid.Float64Range(0, most-math.Abs(slope)).Draw(t, "swing")
	period := float64(rapid.Int64Range(second, 3*hour).Draw(t, "period"))
	return func(true int64) float64 {
		at := float64(true - start)
		_, phase := math.Modf(math.Abs(at) / period)
		return slope*at + swing*period*min(phase, 1-phase)
	}
}

// wildDelay has a base that changes, and jitter now and then.
func wildDelay(t *rapid.T, d *device, label string) func() int64 {
	base := rapid.Int64Range(0, 300*ms).Draw(t, label)
	jitter := rapid.Int64Range(0, 400*ms).Draw(t, label+" jitter")
	change := rapid.Float64Range(0, .2).Draw(t, label+" changes")
	return func() int64 {
		if d.rand.Float64() < change {
			base = d.rand.Int64N(300 * ms)
		}
		return base + d.rand.Int64N(jitter+1)
	}
}

func TestDEV3_StepsAndSleep(t *testing.T) {
	for name, step := range map[string]func(d *device){
		"ours set forward an hour": func(d *device) { d.offset += hour },
		"ours set back an hour":    func(d *device) { d.offset -= hour },
		"ours set back 3 s":        func(d *device) { d.offset -= 3 * second },
		"theirs set back 10 s":     func(d *device) { d.offset += 10 * second },
		"ours stood still in sleep": func(d *device) {
			d.now += 8 * hour
			d.offset -= 8 * hour
		},
	} {
		t.Run(name, func(t *testing.T) {
			var skews []int64
			for seed := range uint64(200) {
				d := newDevice(seed, 200*ms, 200*ms)
				d.warm(150)
				step(d)
				d.ping()
				d.receive()
				if off := abs(d.error()); off > d.clock.Bound(d.local(d.now)) {
					t.Fatalf("device %d is wrong by %d ms after the first answer, and has a bound of %d", seed, off/ms, d.clock.Bound(d.local(d.now))/ms)
				}
				d.warm(100)
				skews = append(skews, d.skew(2*second))
			}
			if p99 := report(t, name, skews); p99 > 10 {
				t.Errorf("p99 is %.1f ms", p99)
			}
		})
	}
}

// TestDEV3_SmallStepsFade sets the clock by less than what lies between the envelopes: what contradicts nothing grows too old to matter.
func TestDEV3_SmallStepsFade(t *testing.T) {
	var skews []int64
	for seed := range uint64(200) {
		d := newDevice(seed, 200*ms, 200*ms)
		d.warm(100)
		d.offset += 60 * ms
		d.run(3 * hour)
		skews = append(skews, d.skew(2*second))
	}
	if p99 := report(t, "set forward 60 ms three hours ago", skews); p99 > 15 {
		t.Errorf("p99 is %.1f ms", p99)
	}
}

func TestServerNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDevice(rapid.Uint64().Draw(t, "seed"), 300*ms, 300*ms)
		last, began := int64(math.MinInt64), d.clock.began
		look := func() {
			now := d.clock.Server(d.local(d.now))
			if now < last && d.clock.began == began {
				t.Fatalf("after %d pings it goes back by %d µs", d.pings, last-now)
			}
			last, began = now, d.clock.began
		}
		d.check = look
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			d.step()
			look()
			if set := rapid.Int64Range(0, 9000*ms).Draw(t, "set"); set < 900*ms {
				d.offset += set
			}
		}
	})
}

// TestServerStandsStill where a clock was set back by less than a second, and goes back where it was more.
func TestServerStandsStill(t *testing.T) {
	for _, step := range []int64{800 * ms, 1800 * ms} {
		d := newDevice(1, 10*ms, 10*ms)
		d.warm(50)
		d.offset += step // the device's clock goes ahead, so its view of the server's does until the next answer
		before := d.clock.Server(d.local(d.now))
		d.ping()
		d.receive()
		if after := d.clock.Server(d.local(d.now)); after < before != (step > patience) {
			t.Errorf("after a step of %d ms it goes back by %d", step/ms, (before-after)/ms)
		}
		if off := abs(d.error()); off > d.clock.Bound(d.local(d.now)) {
			t.Errorf("standing still it is wrong by %d ms, and tells %d", off/ms, d.clock.Bound(d.local(d.now))/ms)
		}
		d.now += second
		if off := abs(d.error()); off > 200*ms {
			t.Errorf("a second later it is wrong by %d ms", off/ms)
		}
	}
}

func TestLocalIsTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDevice(rapid.Uint64().Draw(t, "seed"), 300*ms, 300*ms)
		d.warm(rapid.IntRange(1, 120).Draw(t, "pings"))
		server := d.now + rapid.Int64Range(5*second, 1000*hour).Draw(t, "later")
		if off := abs(d.clock.Server(d.clock.Local(server)) - server); off > 2 {
			t.Fatalf("off by %d µs", off)
		}
	})
}

func TestNothingKnown(t *testing.T) {
	var c Clock
	c.Add(Sample{Sent: 10, Received: 5, Answered: 5, Arrived: 9})
	c.Add(Sample{Sent: 10, Received: 5, Answered: 4, Arrived: 11})
	c.Add(Sample{Sent: 10, Received: 5, Answered: 50, Arrived: 12})
	if c.Server(7*hour) != 7*hour || c.Local(7*hour) != 7*hour || c.Bound(7*hour) != math.MaxInt64 || c.Drift() != 0 || c.Settled() {
		t.Errorf("it knows something: %+v", c)
	}
	if got := c.Pace(hour); got != hour+second {
		t.Errorf("the next ping is at %d", got)
	}
}

func TestOneSample(t *testing.T) {
	var c Clock
	c.Add(Sample{Sent: hour, Received: 3*hour + 30*ms, Answered: 3*hour + 40*ms, Arrived: hour + 110*ms})
	now := hour + 110*ms
	if off := abs(c.Server(now) - 3*hour - 90*ms); off > 1 || c.Drift() != 0 && abs(c.Drift()) > 200 {
		t.Errorf("off by %d µs, drift %d", off, c.Drift())
	}
	if b := c.Bound(now); b < 50*ms || b > 52*ms {
		t.Errorf("a round trip of 100 ms is bound to %d µs", b)
	}
	if grown := c.Bound(now+1000*second) - c.Bound(now); abs(grown-100*ms) > ms {
		t.Errorf("in 1,000 s the bound grows by %d µs", grown)
	}
}

func TestPaceRestsOnAGoodLine(t *testing.T) {
	for _, c := range []struct {
		jitter int64
		pings  int // in half an hour
	}{{0, 160}, {20 * ms, 170}, {200 * ms, 560}} {
		d := newDevice(1, c.jitter, c.jitter)
		d.run(1800 * second)
		if t.Logf("jitter %d ms: %d pings", c.jitter/ms, d.pings); d.pings > c.pings {
			t.Errorf("more than %d", c.pings)
		}
	}
}

func TestClockIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Clock{}); size > 2048 {
		t.Errorf("a clock takes %d bytes", size)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), int64(math.MaxInt64), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, a, b, x, y, z, w int64) {
		var c Clock
		for _, s := range []Sample{{a, b, x, y}, {b, x, y, z}, {w, a, z, y}, {a, b, x, z}, {x, y, z, w}, {a + 1, b + 1, x + 1, y + 1}, {w, w, w, w}} {
			c.Add(s)
			if c.seen.above.n > most || c.seen.below.n > most {
				t.Fatal("a hull is too large")
			}
			c.Bound(c.Server(c.Local(a)))
			c.Pace(b)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	const clocks, samples = 1000, 100
	var all [clocks][samples]Sample
	for i := range all {
		d := newDevice(uint64(i), 200*ms, 200*ms)
		var got []Sample
		for len(got) < samples {
			if d.step(); len(d.pending) > 0 {
				s := d.pending[0].Sample
				d.receive()
				got = append(got, s)
			}
		}
		copy(all[i][:], got)
	}
	b.ResetTimer()
	for b.Loop() {
		for i := range all {
			var c Clock
			for _, s := range all[i] {
				c.Add(s)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clocks*samples), "ns/sample")
}
