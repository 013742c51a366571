package storetest

import (
	"math"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func dueReplacesAndClears(t *testing.T, open Opener) {
	s := start(t, open)
	rev := store.Rev(0)
	for _, at := range []int64{50, 50, 20, 70, 20, 0, 0, -5, math.MaxInt64, math.MinInt64, 30} {
		rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Due: at})
		if at == 0 {
			wantDue(t, s, math.MaxInt64, 10)
			continue
		}
		wantDue(t, s, math.MaxInt64, 10, store.Due{CA: ca, At: at})
		wantDue(t, s, at, 10, store.Due{CA: ca, At: at})
		if at > math.MinInt64 {
			wantDue(t, s, at-1, 10)
		}
	}
	mustCommit(t, s, store.Write{CA: ca, Expect: rev})
	wantDue(t, s, math.MaxInt64, 10)
}

func dueOrderLimitTies(t *testing.T, open Opener) {
	s := start(t, open)
	due := func(local string, at int64) store.Due { return store.Due{CA: "app:alice/" + local, At: at} }
	for _, d := range []store.Due{due("d", 256), due("b", 7), due("a", 7), due("c", 6), due("e", -1), due("f", 1<<40), due("b1", 7)} {
		mustCommit(t, s, store.Write{CA: d.CA, Due: d.At})
	}
	mustCommit(t, s, store.Write{CA: "app:alice/never"})
	all := []store.Due{due("e", -1), due("c", 6), due("a", 7), due("b", 7), due("b1", 7), due("d", 256), due("f", 1<<40)}
	for limit := range len(all) + 2 {
		wantDue(t, s, math.MaxInt64, limit, all[:min(limit, len(all))]...)
	}
	wantDue(t, s, 7, 100, all[:5]...)
	wantDue(t, s, 6, 100, all[:2]...)
	wantDue(t, s, -2, 100)
	wantDue(t, s, math.MaxInt64, -1)
}

// dueGoesOn reads the list in parts, with entries that stay, go and come behind and before the place that was reached.
func dueGoesOn(t *testing.T, open Opener) {
	s := start(t, open)
	due := func(local string, at int64) store.Due { return store.Due{CA: "app:alice/" + local, At: at} }
	all := []store.Due{due("e", -1), due("a", 7), due("b", 7), due("b-", 7), due("b1", 7), due("d", 256)}
	for _, d := range all {
		mustCommit(t, s, store.Write{CA: d.CA, Due: d.At})
	}
	for i, d := range all {
		wantDueBehind(t, s, 1000, d, 100, all[i+1:]...)
		wantDueBehind(t, s, 1000, d, 1, all[i+1:min(i+2, len(all))]...)
		wantDueBehind(t, s, d.At-1, d, 100)
	}
	wantDueBehind(t, s, 1000, store.Due{At: 7}, 100, all[1:]...)
	wantDueBehind(t, s, 1000, store.Due{At: 8}, 100, all[5:]...)
	wantDueBehind(t, s, 1000, due("aa", 7), 100, all[2:]...)
	wantDueBehind(t, s, 1000, store.Due{CA: "b", At: math.MaxInt64}, 100)
	mustCommit(t, s, store.Write{CA: "app:alice/before", Due: 3})
	mustCommit(t, s, store.Write{CA: "app:alice/behind", Due: 8})
	wantDueBehind(t, s, 1000, all[2], 2, all[3], all[4])
	wantDueBehind(t, s, 1000, all[4], 2, due("behind", 8), all[5])
}

func dueOfDestroyed(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca, Due: 5})
	mustCommit(t, s, store.Write{CA: ca, Expect: rev, Destroy: true, Due: 8})
	wantDue(t, s, 10, 10)
	mustCommit(t, s, store.Write{CA: ca, Due: 5})
	wantDue(t, s, 10, 10, store.Due{CA: ca, At: 5})
}
