package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func writeIsAtomic(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("a=1", "b=1", "c=1")})
	rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Puts: pairs("b=2", "d=2"), Deletes: keys("a", "nothing")})
	wantState(t, s, ca, rev, "b=2", "c=1", "d=2")
	mustCommit(t, s, store.Write{CA: ca, Expect: rev}) // a write of the head alone
}

func putsOverDeletes(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("a=1")})
	rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Puts: pairs("a=2", "a=3", "b=4"), Deletes: keys("a", "b")})
	wantState(t, s, ca, rev, "a=3", "b=4")
}

// writesAreIndependent: what is wrong with one write of a Commit is no matter to the others.
func writesAreIndependent(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: "app:alice/stale", Puts: pairs("n=1")})
	large := bytes.Repeat([]byte("x"), store.MaxWrite+1)
	results := s.Commit([]store.Write{
		{CA: "app:alice/one", Puts: pairs("n=1")},
		{CA: "app:alice/stale", Expect: rev + 1, Puts: pairs("n=2")},
		{CA: "app:alice/two", Puts: pairs("n=1"), Due: 3},
		{CA: "app:alice/large", Puts: []store.KV{{Key: []byte("n"), Value: large}}},
		{CA: "app:alice/\x00", Puts: pairs("n=1")},
		{CA: "app:alice/three", Puts: pairs("n=1")},
	})
	for i, want := range []error{nil, store.ErrConflict, nil, store.ErrTooLarge, store.ErrName, nil} {
		wantErr(t, results[i].Err, want)
	}
	wantState(t, s, "app:alice/one", results[0].Rev, "n=1")
	wantState(t, s, "app:alice/stale", rev, "n=1")
	wantState(t, s, "app:alice/two", results[2].Rev, "n=1")
	wantState(t, s, "app:alice/large", 0)
	wantState(t, s, "app:alice/three", results[5].Rev, "n=1")
	wantDue(t, s, 3, 10, store.Due{CA: "app:alice/two", At: 3})
}

func resultsAreInOrder(t *testing.T, open Opener) {
	const many = 300
	s := start(t, open)
	writes := make([]store.Write, many)
	for i := range writes {
		writes[i] = store.Write{CA: fmt.Sprintf("app:alice/n%d", i), Puts: pairs(fmt.Sprintf("n=%d", i))}
	}
	for i, r := range s.Commit(writes) {
		wantErr(t, r.Err, nil)
		wantState(t, s, writes[i].CA, r.Rev, fmt.Sprintf("n=%d", i))
	}
	if got := s.Commit(nil); len(got) != 0 {
		t.Fatalf("no writes, results %v", got)
	}
}

// commitCopies: the caller may use its slices again as soon as Commit has returned.
func commitCopies(t *testing.T, open Opener) {
	s := start(t, open)
	name := []byte(ca)
	key, value := []byte("k"), []byte("v")
	writes := []store.Write{{CA: string(name), Puts: []store.KV{{Key: key, Value: value}}}}
	rev := s.Commit(writes)[0].Rev
	key[0], value[0], writes[0].Puts[0] = 'x', 'x', store.KV{}
	wantState(t, s, ca, rev, "k=v")
}

func getCopies(t *testing.T, open Opener) {
	s := start(t, open)
	mustCommit(t, s, store.Write{CA: ca, Puts: pairs("k=v", "empty=")})
	got, err := s.Get(ca, []byte("k"))
	if err != nil || string(got) != "v" {
		t.Fatalf("got %q, %v", got, err)
	}
	got[0] = 'x'
	if again, _ := s.Get(ca, []byte("k")); string(again) != "v" {
		t.Fatalf("a caller's change shows: %q", again)
	}
	if empty, err := s.Get(ca, []byte("empty")); empty == nil || len(empty) != 0 || err != nil {
		t.Fatalf("an empty value is not nil: %v, %v", empty, err)
	}
	for _, missing := range []string{"", "ke", "kk", "K"} {
		if got, err := s.Get(ca, []byte(missing)); got != nil || err != nil {
			t.Fatalf("%q is not there: %q, %v", missing, got, err)
		}
	}
}

func limits(t *testing.T, open Opener) {
	s := start(t, open)
	longest := strings.Repeat("k", store.MaxKey)
	fits := store.MaxWrite - len(ca) - len("v")
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs(longest+"=1", "=2")})
	wantState(t, s, ca, rev, "=2", longest+"=1")
	rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Puts: pairs("v=" + strings.Repeat("v", fits)), Deletes: nil})
	for _, w := range []store.Write{
		{CA: ca, Expect: rev, Puts: pairs("v=" + strings.Repeat("v", fits+1))},
		{CA: ca, Expect: rev, Puts: pairs(longest + "k=1")},
		{CA: ca, Expect: rev, Deletes: keys(longest + "k")},
		{CA: ca, Expect: rev, Puts: pairs("v="+strings.Repeat("v", store.MaxWrite/2), "w="+strings.Repeat("v", store.MaxWrite/2))},
	} {
		wantErr(t, commit(s, w).Err, store.ErrTooLarge)
	}
	if got, list := load(t, s, ca, "v"); got != rev || len(list) != 1 || len(list[0]) != fits+2 {
		t.Fatalf("a refused write left something: revision %d, %d keys", got, len(list))
	}
}

func badNames(t *testing.T, open Opener) {
	s := start(t, open)
	for _, name := range []string{"", "a b", "a\x00", "a\x01b", "\xff", "é", strings.Repeat("n", store.MaxName+1)} {
		wantErr(t, commit(s, store.Write{CA: name}).Err, store.ErrName)
		_, err := s.Load(name, nil, func(key, value []byte) error { return errors.New("visited") })
		wantErr(t, err, store.ErrName)
		_, err = s.Get(name, []byte("k"))
		wantErr(t, err, store.ErrName)
	}
	mustCommit(t, s, store.Write{CA: strings.Repeat("n", store.MaxName)})
}

func closedRefuses(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca})
	var all sync.WaitGroup
	for range 4 { // Close waits for calls under way, whoever comes late is refused
		all.Go(func() {
			for at := 0; ; at++ {
				r := commit(s, store.Write{CA: fmt.Sprintf("app:alice/%p-%d", &at, at)})
				if r.Err != nil {
					if r.Err != store.ErrClosed {
						t.Errorf("error %v while closing", r.Err)
					}
					return
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	wantErr(t, commit(s, store.Write{CA: ca, Expect: rev}).Err, store.ErrClosed)
	_, err := s.Load(ca, nil, nil)
	wantErr(t, err, store.ErrClosed)
	_, err = s.Get(ca, nil)
	wantErr(t, err, store.ErrClosed)
	_, err = s.DueBefore(1, store.Due{}, 1)
	wantErr(t, err, store.ErrClosed)
	if err := s.Close(); err != nil {
		t.Fatalf("second Close: %v", err)
	}
	wantState(t, start(t, open), ca, rev)
}
