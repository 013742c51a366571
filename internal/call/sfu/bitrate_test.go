package sfu

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBitrate(t *testing.T) {
	for _, c := range []struct {
		can  []float64
		want float64
	}{
		{nil, 0},
		{[]float64{800_000}, 800_000},
		{[]float64{9e9}, maxBitrate},
		{[]float64{10_000}, minBitrate},
		{[]float64{800_000, 2_000_000}, 800_000},
		{[]float64{100_000, 2_000_000}, 500_000}, // a slow one does not pull the other down to nothing
		{[]float64{100_000, 2_000_000, 2_400_000}, 500_000},
		{[]float64{0, 0, 2_000_000}, minBitrate}, // most are slow
	} {
		if got := bitrate(c.can); got != c.want {
			t.Errorf("of %v: %v, not %v", c.can, got, c.want)
		}
	}
}

func TestOneReceiverNeverPullsOthersBelowAQuarter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fast := rapid.Float64Range(1_000_000, maxBitrate).Draw(t, "fast")
		n := rapid.IntRange(2, 60).Draw(t, "receivers")
		can := []float64{rapid.Float64Range(0, fast).Draw(t, "slow")}
		for len(can) < n {
			can = append(can, fast)
		}
		if got := bitrate(can); got < fast/slowest || got > fast {
			t.Fatalf("%v for all, with %v that can take %v", got, n-1, fast)
		}
	})
}

func TestALineIsBoundByLossesAndRecovers(t *testing.T) {
	l, now := newLine(), time.Unix(1000, 0)
	look := func() float64 {
		now = now.Add(time.Second)
		l.sent.Add(1_000_000 / 8)
		return l.look(now)
	}
	look()
	free := look()
	l.lost(0.2, now)
	bound := look()
	if bound > 950_000 || bound < 850_000 {
		t.Errorf("a fifth lost of a megabit: %v", bound)
	}
	l.lost(0.05, now)
	if got := look(); got != bound {
		t.Errorf("some loss changes nothing: %v", got)
	}
	for range 100 {
		l.lost(0, now)
	}
	if got := look(); got != free {
		t.Errorf("it stays at %v", got)
	}
}

func TestAnEstimateHoldsForAWhile(t *testing.T) {
	l, now := newLine(), time.Unix(1000, 0)
	l.told(400_000, now)
	if got := l.look(now.Add(time.Second)); got != 400_000 {
		t.Errorf("got %v", got)
	}
	if got := l.look(now.Add(rembHolds)); got != maxBitrate*MaxTracks {
		t.Errorf("an old one still bounds: %v", got)
	}
}
