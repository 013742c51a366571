package actor

import "testing"

// TestCA3_LaneHoldsBackWhatIsTooOld: its receiver may have taken it once, and have no receipt any more.
func TestCA3_LaneHoldsBackWhatIsTooOld(t *testing.T) {
	const now = 100 * day
	fresh := &post{number: 3, created: now, stage: unsent}
	old := &post{number: 2, created: now - giveUpAfter - 1, stage: unsent}
	l := &lane{posts: []*post{{number: 1, created: now, stage: unsent}, old, fresh}}
	if out := l.take(now, nil); len(out) != 1 || out[0].number != 1 {
		t.Fatal(out)
	}
	lanes := lanes{old.to: l}
	lanes.remove(old)
	if out := l.take(now, nil); len(out) != 1 || out[0] != fresh || fresh.before != 1 {
		t.Error(out)
	}
}
