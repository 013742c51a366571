package storetest

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

// Opener opens the same store again and again, once the one before is closed: what was committed then is there now.
type Opener func() (store.Store, error)

// Run holds a backend to the promises of store.Store. Each call of place makes a new, empty store's Opener.
func Run(t *testing.T, place func(t *testing.T) Opener) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open Opener)
	}{
		{"CreateOnce", createOnce},
		{"CA5_StaleWriterIsRefused", staleWriterIsRefused},
		{"CA5_OneOfManyWritersWins", oneOfManyWritersWins},
		{"CA5_RevisionsAreNeverUsedTwice", revisionsAreNeverUsedTwice},
		{"WriteIsAtomic", writeIsAtomic},
		{"PutsOverDeletes", putsOverDeletes},
		{"WritesAreIndependent", writesAreIndependent},
		{"ResultsAreInOrder", resultsAreInOrder},
		{"LoadPrefix", loadPrefix},
		{"LoadStopsAtVisitorsError", loadStopsAtVisitorsError},
		{"LoadShowsOneInstant", loadShowsOneInstant},
		{"GetCopies", getCopies},
		{"CommitCopies", commitCopies},
		{"NamesDoNotLeak", namesDoNotLeak},
		{"KeysOfAnyBytes", keysOfAnyBytes},
		{"DueReplacesAndClears", dueReplacesAndClears},
		{"DueOrderLimitTies", dueOrderLimitTies},
		{"DueGoesOn", dueGoesOn},
		{"DueOfDestroyed", dueOfDestroyed},
		{"DestroyLeavesNothing", destroyLeavesNothing},
		{"DestroyKeepsAPrefix", destroyKeepsAPrefix},
		{"DestroyOfNothing", destroyOfNothing},
		{"Limits", limits},
		{"BadNames", badNames},
		{"CA3_ReopenKeepsAll", reopenKeepsAll},
		{"ClosedRefuses", closedRefuses},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, place(t)) })
	}
	t.Run("Model", func(t *testing.T) { model(t, place) })
}

const ca = "app:alice/home"

func start(t *testing.T, open Opener) store.Store {
	t.Helper()
	s := reopen(t, open)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func reopen(t testing.TB, open Opener) store.Store {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

// pairs makes KVs of "key=value" texts.
func pairs(texts ...string) []store.KV {
	kvs := make([]store.KV, len(texts))
	for i, text := range texts {
		key, value, _ := bytes.Cut([]byte(text), []byte("="))
		kvs[i] = store.KV{Key: key, Value: value}
	}
	return kvs
}

func keys(texts ...string) [][]byte {
	list := make([][]byte, len(texts))
	for i, text := range texts {
		list[i] = []byte(text)
	}
	return list
}

func commit(s store.Store, w store.Write) store.Result { return s.Commit([]store.Write{w})[0] }

func mustCommit(t testing.TB, s store.Store, w store.Write) store.Rev {
	t.Helper()
	r := commit(s, w)
	if r.Err != nil {
		t.Fatalf("commit of %s at %d: %v", w.CA, w.Expect, r.Err)
	}
	if !gone(&w) && (r.Rev == 0 || r.Rev == w.Expect) {
		t.Fatalf("commit of %s at %d got revision %d", w.CA, w.Expect, r.Rev)
	}
	return r.Rev
}

func wantErr(t testing.TB, got, want error) {
	t.Helper()
	if got != want {
		t.Fatalf("error %v, want %v", got, want)
	}
}

// load lists a CA's side keys as "key=value".
func load(t testing.TB, s store.Store, ca, prefix string) (store.Rev, []string) {
	t.Helper()
	var list []string
	rev, err := s.Load(ca, []byte(prefix), func(key, value []byte) error {
		list = append(list, string(key)+"="+string(value))
		return nil
	})
	if err != nil {
		t.Fatalf("load of %s: %v", ca, err)
	}
	return rev, list
}

func wantState(t testing.TB, s store.Store, ca string, rev store.Rev, want ...string) {
	t.Helper()
	got, list := load(t, s, ca, "")
	if got != rev || fmt.Sprintf("%q", list) != fmt.Sprintf("%q", want) {
		t.Fatalf("%s is %d %q, want %d %q", ca, got, list, rev, want)
	}
}

// fromStart begins every list of what is due.
var fromStart = store.Due{At: math.MinInt64}

func wantDue(t testing.TB, s store.Store, at int64, limit int, want ...store.Due) {
	t.Helper()
	wantDueBehind(t, s, at, fromStart, limit, want...)
}

func wantDueBehind(t testing.TB, s store.Store, at int64, after store.Due, limit int, want ...store.Due) {
	t.Helper()
	got, err := s.DueBefore(at, after, limit)
	if err != nil {
		t.Fatalf("due before %d: %v", at, err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("due before %d, behind %v, at most %d: %v, want %v", at, after, limit, got, want)
	}
}
