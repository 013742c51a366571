package storetest

import (
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func createOnce(t *testing.T, open Opener) {
	s := start(t, open)
	wantState(t, s, ca, 0)
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("n=1")})
	wantErr(t, commit(s, store.Write{CA: ca, Puts: pairs("n=2")}).Err, store.ErrConflict)
	wantState(t, s, ca, rev, "n=1")
	wantErr(t, commit(s, store.Write{CA: "app:bob/home", Expect: rev, Puts: pairs("n=2")}).Err, store.ErrConflict)
	wantState(t, s, "app:bob/home", 0)
}

func staleWriterIsRefused(t *testing.T, open Opener) {
	s := start(t, open)
	first := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("n=1"), Due: 5})
	second := mustCommit(t, s, store.Write{CA: ca, Expect: first, Puts: pairs("n=2"), Due: 6})
	for _, w := range []store.Write{
		{CA: ca, Expect: first, Puts: pairs("n=3", "x=3"), Due: 7},
		{CA: ca, Expect: first, Deletes: keys("n")},
		{CA: ca, Expect: first, Destroy: true},
		{CA: ca, Expect: 0, Destroy: true},
		{CA: ca, Expect: second + 1, Puts: pairs("n=3")},
	} {
		r := commit(s, w)
		wantErr(t, r.Err, store.ErrConflict)
		wantState(t, s, ca, second, "n=2")
		wantDue(t, s, 10, 10, store.Due{CA: ca, At: 6})
	}
	mustCommit(t, s, store.Write{CA: ca, Expect: second, Puts: pairs("n=3")})
}

// oneOfManyWritersWins lets writers of separate Commits race for every revision.
func oneOfManyWritersWins(t *testing.T, open Opener) {
	const writers, rounds = 8, 40
	s := start(t, open)
	rev := store.Rev(0)
	for range rounds {
		results := make([]store.Result, writers)
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				results[i] = commit(s, store.Write{CA: ca, Expect: rev, Puts: pairs("w=" + string(rune('a'+i)))})
			})
		}
		all.Wait()
		winner := -1
		for i, r := range results {
			if r.Err == nil && winner < 0 {
				winner = i
			} else {
				wantErr(t, r.Err, store.ErrConflict)
			}
		}
		if winner < 0 {
			t.Fatal("nobody won")
		}
		rev = results[winner].Rev
		wantState(t, s, ca, rev, "w="+string(rune('a'+winner)))
	}
}

// revisionsAreNeverUsedTwice: a writer that slept through destruction, re-creation and restarts is still refused.
func revisionsAreNeverUsedTwice(t *testing.T, open Opener) {
	s := start(t, open)
	used := map[store.Rev]bool{0: true}
	for range 4 {
		for range 3 {
			rev := store.Rev(0)
			for range 3 {
				rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Puts: pairs("n=1")})
				if used[rev] {
					t.Fatalf("revision %d again", rev)
				}
				used[rev] = true
			}
			mustCommit(t, s, store.Write{CA: ca, Expect: rev, Destroy: true})
			for old := range used {
				if old != 0 {
					wantErr(t, commit(s, store.Write{CA: ca, Expect: old}).Err, store.ErrConflict)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = start(t, open)
	}
}
