package storetest

import (
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func destroyLeavesNothing(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("a=1", "\x00=2", "\xff\xff=3"), Due: 4})
	r := commit(s, store.Write{CA: ca, Expect: rev, Destroy: true, Puts: pairs("ghost=1")})
	if r.Err != nil || r.Rev != 0 {
		t.Fatalf("destroy: %+v", r)
	}
	wantState(t, s, ca, 0)
	if got, err := s.Get(ca, []byte("a")); got != nil || err != nil {
		t.Fatalf("a destroyed CA's key is %q, %v", got, err)
	}
	again := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("b=1")})
	if again == rev {
		t.Fatal("the revision came back")
	}
	wantErr(t, commit(s, store.Write{CA: ca, Expect: rev, Puts: pairs("old=1")}).Err, store.ErrConflict)
	wantState(t, s, ca, again, "b=1")
}

// destroyKeepsAPrefix: what begins with it stays, with a head, and what the write itself says goes on top.
func destroyKeepsAPrefix(t *testing.T, open Opener) {
	s := start(t, open)
	for _, keep := range []string{"k", "\x00", "\xff", "\xff\xff", "kk"} {
		rev := mustCommit(t, s, store.Write{CA: ca, Due: 4, Puts: pairs("\x00=0", "\x00a=1", "j=2", "k=3", "k\x00=4", "kk=5", "k\xff=6", "l=7", "\xff=8", "\xff\xff=9")})
		neighbour := mustCommit(t, s, store.Write{CA: ca + "1", Puts: pairs("a=1", "z=2")})
		var want []string
		_, all := load(t, s, ca, keep)
		for _, pair := range all {
			if pair != keep+"=3" {
				want = append(want, pair)
			}
		}
		w := store.Write{CA: ca, Expect: rev, Destroy: true, Keep: []byte(keep), Due: 9, Puts: pairs("~=new"), Deletes: keys("k", "nothing")}
		wantErr(t, commit(s, store.Write{CA: ca, Expect: rev + 1, Destroy: true, Keep: []byte(keep)}).Err, store.ErrConflict)
		next := mustCommit(t, s, w)
		if keep == "\xff" || keep == "\xff\xff" {
			want = append([]string{"~=new"}, want...)
		} else {
			want = append(want, "~=new")
		}
		wantState(t, s, ca, next, want...)
		wantDue(t, s, 100, 10, store.Due{CA: ca, At: 9})
		wantState(t, s, ca+"1", neighbour, "a=1", "z=2")
		again := mustCommit(t, s, store.Write{CA: ca, Expect: next, Destroy: true})
		wantState(t, s, ca, again)
		mustCommit(t, s, store.Write{CA: ca + "1", Expect: neighbour, Destroy: true})
	}
}

func destroyOfNothing(t *testing.T, open Opener) {
	s := start(t, open)
	if r := commit(s, store.Write{CA: ca, Destroy: true}); r != (store.Result{}) {
		t.Fatalf("%+v", r)
	}
	wantErr(t, commit(s, store.Write{CA: ca, Expect: 1, Destroy: true}).Err, store.ErrConflict)
	wantState(t, s, ca, 0)
}

// reopenKeepsAll goes through enough restarts and writes that a backend's logs and tables both take part.
func reopenKeepsAll(t *testing.T, open Opener) {
	const cas, restarts = 30, 5
	s := start(t, open)
	revs := make([]store.Rev, cas)
	name := func(i int) string { return fmt.Sprintf("app:owner%d/home", i) }
	for n := range restarts {
		var want []store.Due
		for i := range revs {
			state := fmt.Sprintf("n=%d", n)
			if n > 0 {
				wantState(t, s, name(i), revs[i], fmt.Sprintf("i%d=x", n-1), fmt.Sprintf("n=%d", n-1))
			}
			due := store.Due{CA: name(i), At: int64(1 + i*restarts + n)}
			revs[i] = mustCommit(t, s, store.Write{CA: due.CA, Expect: revs[i], Due: due.At,
				Puts: pairs(state, fmt.Sprintf("i%d=x", n)), Deletes: keys(fmt.Sprintf("i%d", n-1))})
			want = append(want, due)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = start(t, open)
		wantDue(t, s, 1<<40, cas+1, want...)
	}
}
