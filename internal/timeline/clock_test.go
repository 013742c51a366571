package timeline

import (
	"testing"

	"pgregory.net/rapid"
)

const (
	second = int64(1_000_000)
	begin  = 1_700_000_000 * second
)

func ntpOf(at int64) uint64 {
	seconds, rest := uint64(at/second+ntpTo1970), uint64(at%second)
	return seconds<<32 | rest<<32/uint64(second)
}

// publisher is a stream of a publisher whose clock is apart from the server's.
type publisher struct {
	apart int64 // publisher's clock minus the server's
	start uint32
}

func (p publisher) rtp(at int64) uint32 { return p.start + uint32((at-begin)*9/100) }

func (p publisher) report(c *Clock, at, way int64) { c.Add(ntpOf(at+p.apart), p.rtp(at), at+way) }

func TestMapIsEarlyByTheLeastDelayOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := publisher{rapid.Int64Range(-1000*second, 1000*second).Draw(t, "apart"), rapid.Uint32().Draw(t, "start")}
		var c Clock
		least, at := int64(1<<62), begin
		for range rapid.IntRange(1, keptReports).Draw(t, "reports") {
			at += rapid.Int64Range(second/2, 4*second).Draw(t, "pause")
			way := rapid.Int64Range(1000, second/2).Draw(t, "way")
			p.report(&c, at, way)
			least = min(least, way)
		}
		asked := at + rapid.Int64Range(-5*second, 5*second).Draw(t, "asked")
		got, ok := c.Map(asked)
		if off := int32(got - p.rtp(asked-least)); !ok || off > 2 || off < -2 {
			t.Fatalf("off by %d ticks, ok %v", off, ok)
		}
	})
}

func TestNothingIsMappedWithoutReports(t *testing.T) {
	var c Clock
	c.Add(0, 5, begin)
	if _, ok := c.Map(begin); ok {
		t.Error("mapped by nothing")
	}
	p := publisher{}
	p.report(&c, begin, 0)
	for _, far := range []int64{-trustFor - 1, trustFor + 1} {
		if _, ok := c.Map(begin + far); ok {
			t.Errorf("mapped %d µs from the last report", far)
		}
	}
}

func TestAnotherStreamBeginsAnew(t *testing.T) {
	var c Clock
	first, second2 := publisher{0, 0}, publisher{5 * second, 1 << 30}
	first.report(&c, begin, 100)
	second2.report(&c, begin+second, 20_000)
	got, ok := c.Map(begin + second)
	if off := int32(got - second2.rtp(begin+second-20_000)); !ok || off > 2 || off < -2 {
		t.Fatalf("off by %d, %v", off, ok)
	}
}

func TestNTPIsReadToTheMicrosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, 2_000_000_000*second).Draw(t, "at")
		if got := FromNTP(ntpOf(at)); at-got > 1 || got > at {
			t.Fatalf("%d became %d", at, got)
		}
	})
}

func TestAStreamOfAnotherRateIsMappedAtIts(t *testing.T) {
	c := Clock{Rate: 48_000}
	c.Add(ntpOf(begin), 1000, begin)
	if got, ok := c.Map(begin + second); !ok || got != 49_000 {
		t.Fatal(got, ok)
	}
}

func TestOldAndDoubledReportsChangeNothing(t *testing.T) {
	var c Clock
	p := publisher{}
	p.report(&c, begin+4*second, 50_000)
	want, _ := c.Map(begin + 5*second)
	p.report(&c, begin+3*second, 2*second)
	p.report(&c, begin+4*second, second)
	if got, _ := c.Map(begin + 5*second); got != want {
		t.Fatalf("moved by %d", int32(got-want))
	}
}

func FuzzClock(f *testing.F) {
	f.Add(ntpOf(begin), uint32(1), begin, uint64(1), uint32(2), int64(-1), begin)
	f.Fuzz(func(_ *testing.T, n1 uint64, r1 uint32, a1 int64, n2 uint64, r2 uint32, a2, at int64) {
		var c Clock
		for range keptReports + 1 {
			c.Add(n1, r1, a1)
			c.Add(n2, r2, a2)
		}
		c.Map(at)
		if len(c.reports) > keptReports {
			panic("grows without end")
		}
	})
}
