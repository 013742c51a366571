package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func loadPrefix(t *testing.T, open Opener) {
	s := start(t, open)
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: pairs("m/b=2", "m/a=1", "m=0", "n=3", "m\xff=5", "m\xff\xff=6")})
	for prefix, want := range map[string][]string{
		"":      {"m=0", "m/a=1", "m/b=2", "m\xff=5", "m\xff\xff=6", "n=3"},
		"m/":    {"m/a=1", "m/b=2"},
		"m\xff": {"m\xff=5", "m\xff\xff=6"},
		"\xff":  nil,
		"z":     nil,
	} {
		got, list := load(t, s, ca, prefix)
		if got != rev || fmt.Sprintf("%q", list) != fmt.Sprintf("%q", want) {
			t.Errorf("prefix %q: %d %q, want %d %q", prefix, got, list, rev, want)
		}
	}
}

func loadStopsAtVisitorsError(t *testing.T, open Opener) {
	s := start(t, open)
	mustCommit(t, s, store.Write{CA: ca, Puts: pairs("a=1", "b=2")})
	stop, visits := errors.New("stop"), 0
	_, err := s.Load(ca, nil, func(key, value []byte) error { visits++; return stop })
	wantErr(t, err, stop)
	if visits != 1 {
		t.Fatalf("%d visits", visits)
	}
}

// loadShowsOneInstant reads while a writer gives all keys the same new value in each commit.
func loadShowsOneInstant(t *testing.T, open Opener) {
	const commits, readers, width = 150, 4, 20
	s := start(t, open)
	written := make([]store.Rev, 0, commits)
	seen := make([]map[store.Rev]string, readers)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i := range readers {
		seen[i] = make(map[store.Rev]string)
		all.Go(func() { readUntil(t, s, stop, seen[i]) })
	}
	rev := store.Rev(0)
	for n := range commits {
		puts := make([]store.KV, width)
		for k := range puts {
			puts[k] = store.KV{Key: fmt.Appendf(nil, "k%02d", k), Value: fmt.Append(nil, n)}
		}
		rev = mustCommit(t, s, store.Write{CA: ca, Expect: rev, Puts: puts})
		written = append(written, rev)
	}
	close(stop)
	all.Wait()
	for n, rev := range written {
		for _, saw := range seen {
			if value, ok := saw[rev]; ok && value != fmt.Sprint(n) {
				t.Fatalf("revision %d was written with %d and read with %s", rev, n, value)
			}
		}
	}
}

func readUntil(t *testing.T, s store.Store, stop <-chan struct{}, saw map[store.Rev]string) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		value := ""
		rev, err := s.Load(ca, nil, func(_, v []byte) error {
			if value != "" && value != string(v) {
				return fmt.Errorf("values %s and %s in one load", value, v)
			}
			value = string(v)
			return nil
		})
		if err != nil {
			t.Error(err)
			return
		}
		if rev != 0 {
			saw[rev] = value
		}
	}
}

// namesDoNotLeak: a CA whose name begins with another's shares nothing with it.
func namesDoNotLeak(t *testing.T, open Opener) {
	s := start(t, open)
	names := []string{"a:b/c", "a:b/c1", "a:b/c-1", "a:b/c.1", "a:b/c/d", "a:b/", "a:b/b", "a:b/d"}
	revs := make([]store.Rev, len(names))
	for i, name := range names {
		revs[i] = mustCommit(t, s, store.Write{CA: name, Puts: pairs("k="+name, "\xff="+name), Due: 9})
	}
	for i, name := range names {
		wantState(t, s, name, revs[i], "k="+name, "\xff="+name)
	}
	mustCommit(t, s, store.Write{CA: names[0], Expect: revs[0], Destroy: true})
	wantState(t, s, names[0], 0)
	for i, name := range names[1:] {
		wantState(t, s, name, revs[i+1], "k="+name, "\xff="+name)
	}
	if due, err := s.DueBefore(9, store.Due{}, 100); err != nil || len(due) != len(names)-1 {
		t.Fatalf("%v, %v", due, err)
	}
}

func keysOfAnyBytes(t *testing.T, open Opener) {
	s := start(t, open)
	other := mustCommit(t, s, store.Write{CA: ca + "1", Puts: pairs("k=v")})
	var puts []store.KV
	want := []string{}
	add := func(key string) {
		puts = append(puts, store.KV{Key: []byte(key), Value: []byte(fmt.Sprintf("%x", key))})
		want = append(want, fmt.Sprintf("%s=%x", key, key))
	}
	add("")
	for b := range 256 {
		key := string([]byte{byte(b)})
		add(key)
		add(key + "\x00")
		add(key + "\xff")
	}
	rev := mustCommit(t, s, store.Write{CA: ca, Puts: puts})
	wantState(t, s, ca, rev, want...)
	for _, kv := range puts {
		if got, err := s.Get(ca, kv.Key); err != nil || string(got) != string(kv.Value) {
			t.Fatalf("key %q is %q, %v", kv.Key, got, err)
		}
	}
	wantState(t, s, ca+"1", other, "k=v")
}
