package due_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/due"
)

func TestPausesGrowAndFollowTheServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timer := due.New(rapid.Uint64().Draw(t, "seed"))
		refusals := rapid.IntRange(0, math.MaxInt32).Draw(t, "refusals")
		retryAfter := rapid.Int64().Draw(t, "retryAfter")
		least := max(min(int64(500_000)<<min(refusals, 6), 30_000_000), min(max(retryAfter, 0), 3_600_000)*1000)
		if d := timer.Pause(refusals, retryAfter); d < least || d > least+least/2 {
			t.Fatalf("a pause of %d µs, where %d to %d are due", d, least, least+least/2)
		}
	})
}

func TestPausesDiffer(t *testing.T) {
	seen := map[int64]bool{}
	for seed := range uint64(100) {
		timer := due.New(seed << 1)
		seen[timer.Pause(3, 0)] = true
	}
	if len(seen) < 95 {
		t.Errorf("%d different pauses of 100", len(seen))
	}
}

func TestTimerWakesForTheEarliest(t *testing.T) {
	timer := due.New(1)
	timer.Advance(100)
	timer.Advance(50)
	if timer.Now != 100 || timer.Due() {
		t.Errorf("now %d, due %v", timer.Now, timer.Due())
	}
	timer.At(300)
	timer.At(200)
	timer.At(400)
	timer.At(100) // not to come
	if timer.Wake != 200 || timer.Due() {
		t.Errorf("wakes at %d", timer.Wake)
	}
	timer.Advance(200)
	if !timer.Due() || timer.Due() || timer.Wake != 0 {
		t.Error("it is due once")
	}
}
