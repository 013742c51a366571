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
		{[]float64{0, widest}, maxBitrate / slowest},
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

// megabit is a line on which a megabit a second is sent, and how it is looked at.
func megabit() (l *line, look func() float64) {
	l, now := newLine(), time.Unix(1000, 0)
	look = func() float64 {
		now = now.Add(time.Second)
		l.sent.Add(1_000_000 / 8)
		return l.look(now)
	}
	for range 3 {
		look()
	}
	return l, look
}

func TestALineIsBoundByLossesAndRecovers(t *testing.T) {
	l, look := megabit()
	l.lost(0.2)
	bound := look()
	if bound != 900_000 {
		t.Errorf("a fifth lost of a megabit: %v", bound)
	}
	l.lost(0.05)
	if got := look(); got != bound {
		t.Errorf("some loss changes nothing: %v", got)
	}
	l.lost(0)
	if got := look(); got <= bound {
		t.Errorf("it does not recover: %v", got)
	}
	for range 60 {
		look()
	}
	if got := look(); got != widest {
		t.Errorf("it stays at %v", got)
	}
}

// What a receiver estimates while all is well follows what it is sent, and would never let it grow.
func TestAnEstimateBoundsOnlyWhereItIsLessThanWhatIsSent(t *testing.T) {
	l, look := megabit()
	for _, enough := range []float64{1_500_000, 1_000_000, 960_000} {
		l.told(enough)
		if got := look(); got != widest {
			t.Errorf("%v bounds a megabit: %v", enough, got)
		}
	}
	l.told(400_000)
	if got := look(); got != 400_000 {
		t.Errorf("400 kbit/s of a megabit: %v", got)
	}
	l.told(1)
	if got := look(); got != minBitrate {
		t.Errorf("nothing at all: %v", got)
	}
}

func TestALineThatIsNotUsedHasNoBound(t *testing.T) {
	l := newLine()
	l.told(1)
	l.lost(1)
	if got := l.look(time.Unix(1000, 0)); got != widest {
		t.Errorf("got %v", got)
	}
}
