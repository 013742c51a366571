package sfu

import (
	"testing"

	"pgregory.net/rapid"
)

// ntpOf is the inverse of microseconds, up to what NTP's format can't hold.
func ntpOf(us int64) uint64 {
	const from1900 = 2_208_988_800
	return uint64(us/1e6+from1900)<<32 | uint64(us%1e6)<<32/1_000_000
}

func TestNTP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, 2_000_000_000_000_000).Draw(t, "us")
		if got := microseconds(ntpOf(us)); us-got > 1 || got > us {
			t.Fatalf("%d became %d", us, got)
		}
	})
}

// A publisher with any clock, and any delay and jitter on its way, is mapped to within what the quickest report was late by.
func TestMapRTPIsAsGoodAsTheQuickestReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const start = int64(1_700_000_000_000_000)
		offset := rapid.Int64Range(-1e12, 1e12).Draw(t, "offset") // of the publisher's clock, µs
		base := rapid.Uint32().Draw(t, "base")
		c := clockMap{rate: videoClock}
		stampAt := func(us int64) uint32 { return base + uint32((us-start)*videoClock/1_000_000) }
		quickest, now := int64(1<<62), start
		for range rapid.IntRange(1, clockReports).Draw(t, "reports") {
			now += rapid.Int64Range(200_000, 5_000_000).Draw(t, "later")
			late := rapid.Int64Range(0, 300_000).Draw(t, "late")
			c.heard(ntpOf(now+offset), stampAt(now), now+late, 0)
			quickest = min(quickest, late)
		}
		at := now + rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "at")
		got, ok := c.rtp(at)
		if !ok {
			t.Fatal("not mapped")
		}
		wrong := int64(int32(got-stampAt(at))) * 1_000_000 / videoClock
		if wrong > 100 || wrong < -quickest-100 {
			t.Fatalf("%d µs off, the quickest report was late by %d", wrong, quickest)
		}
	})
}

func TestMapRTPKnowsWhatItCannotKnow(t *testing.T) {
	c := clockMap{rate: videoClock}
	if _, ok := c.rtp(1); ok {
		t.Error("mapped without a report")
	}
	c.heard(0, 1, 1, 0)
	if _, ok := c.rtp(1); ok {
		t.Error("mapped by a publisher without a clock")
	}
	c.heard(ntpOf(5_000_000), 1, 5_000_000, 0)
	if _, ok := c.rtp(5_000_000 + 2*maxReach); ok {
		t.Error("mapped an instant far from any report")
	}
}
