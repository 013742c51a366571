package pebblestore

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// A history is what some CAs go through: all that a write can do, again and again with the same few keys and due times, so that what
// lies in tables, in memtables and in the log contradicts each other wherever it can.
type history struct {
	names  []string
	writes [][]store.Write // of each CA, without what they expect
	states [][]caState     // states[i][n] is after n writes of the i-th CA
}

type caState struct {
	keys map[string]string
	due  int64
}

func newHistory(rng *rand.Rand, cas, length int) *history {
	h := &history{writes: make([][]store.Write, cas), states: make([][]caState, cas)}
	for i := range cas {
		h.names = append(h.names, fmt.Sprintf("app:history/n%d", i))
		h.states[i] = []caState{{}}
		for n := range length {
			w := historyWrite(rng, h.names[i], n)
			h.writes[i] = append(h.writes[i], w)
			h.states[i] = append(h.states[i], h.states[i][n].after(&w))
		}
	}
	return h
}

func historyWrite(rng *rand.Rand, ca string, n int) store.Write {
	w := store.Write{CA: ca, Due: []int64{0, 5, 7, -2}[rng.IntN(4)]}
	keys := []string{"", "a", "ab", "ab\xff", "b", "\xff", "\xff\xff"}
	switch rng.IntN(8) {
	case 0:
		w.Destroy = true
	case 1, 2:
		w.Destroy, w.Keep = true, []byte([]string{"a", "ab", "b", "\xff"}[rng.IntN(4)])
	}
	for range rng.IntN(4) {
		w.Deletes = append(w.Deletes, []byte(keys[rng.IntN(len(keys))]))
	}
	for range rng.IntN(4) {
		value := fmt.Sprintf("%d%s", n, strings.Repeat("x", rng.IntN(80)))
		w.Puts = append(w.Puts, store.KV{Key: []byte(keys[rng.IntN(len(keys))]), Value: []byte(value)})
	}
	w.Puts = append(w.Puts, store.KV{Key: []byte("n"), Value: fmt.Append(nil, n)}) // tells states apart
	return w
}

func (c caState) after(w *store.Write) caState {
	if w.Destroy && len(w.Keep) == 0 {
		return caState{}
	}
	next := caState{keys: make(map[string]string), due: w.Due}
	for key, value := range c.keys {
		if !w.Destroy || strings.HasPrefix(key, string(w.Keep)) {
			next.keys[key] = value
		}
	}
	for _, key := range w.Deletes {
		delete(next.keys, string(key))
	}
	for _, kv := range w.Puts {
		next.keys[string(kv.Key)] = string(kv.Value)
	}
	return next
}

// list is what Load shows of side keys that begin with a prefix.
func (c caState) list(prefix string) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(c.keys)) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, key+"="+c.keys[key])
		}
	}
	return list
}

// next are the writes of some CAs, each of which has made so many.
func (h *history) next(revs []store.Rev, at []int, cas ...int) []store.Write {
	var writes []store.Write
	for _, i := range cas {
		w := h.writes[i][at[i]]
		w.Expect = revs[i]
		writes = append(writes, w)
	}
	return writes
}

// find tells how far each CA has come, at least and at most so far, and its revision. All that can be asked of the store must agree on it.
func (h *history) find(s *Store, atLeast, atMost []int) (at []int, revs []store.Rev, err error) {
	var states []caState
	for i, name := range h.names {
		var list []string
		rev, err := s.Load(name, nil, func(key, value []byte) error { list = append(list, string(key)+"="+string(value)); return nil })
		if err != nil {
			return nil, nil, err
		}
		n := atLeast[i]
		for !slices.Equal(list, h.states[i][n].list("")) || (rev != 0) != (h.states[i][n].keys != nil) {
			if n++; n > atMost[i] {
				return nil, nil, fmt.Errorf("%s, from %d to %d, is %d %.300q", name, atLeast[i], atMost[i], rev, list)
			}
		}
		at, revs, states = append(at, n), append(revs, rev), append(states, h.states[i][n])
	}
	return at, revs, h.agree(s, states)
}

func (h *history) agree(s *Store, states []caState) error {
	var due []store.Due
	var names []string
	for i, c := range states {
		name := h.names[i]
		if c.due != 0 {
			due = append(due, store.Due{CA: name, At: c.due})
		}
		if c.keys != nil {
			names = append(names, name)
		}
		for _, key := range []string{"", "a", "ab", "ab\xff", "b", "\xff", "\xff\xff"} {
			want, there := c.keys[key]
			if got, err := s.Get(name, []byte(key)); err != nil || (got != nil) != there || string(got) != want {
				return fmt.Errorf("%s %q is %q, %v; want %q", name, key, got, err, want)
			}
			var list []string
			_, err := s.Load(name, []byte(key), func(key, value []byte) error { list = append(list, string(key)+"="+string(value)); return nil })
			if err != nil || !slices.Equal(list, c.list(key)) {
				return fmt.Errorf("%s under %q is %.300q, %v; want %.300q", name, key, list, err, c.list(key))
			}
		}
	}
	slices.SortFunc(due, func(a, b store.Due) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.CA, b.CA)) })
	if list, err := s.DueBefore(math.MaxInt64, store.Due{At: math.MinInt64}, 1000); err != nil || !slices.Equal(list, due) {
		return fmt.Errorf("due are %v, %v; want %v", list, err, due)
	}
	var found []string
	err := s.CAs("", 1000, func(ca string) error { found = append(found, ca); return nil })
	slices.Sort(names)
	if err != nil || !slices.Equal(found, names) {
		return fmt.Errorf("there are %q, %v; want %q", found, err, names)
	}
	return nil
}

// TestHistoryAcrossLayers: whatever CAs go through, with what came before in tables of several levels, in a frozen memtable, in the active
// one and in the log, all that can be asked agrees.
func TestHistoryAcrossLayers(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { acrossLayers(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

func acrossLayers(t *testing.T, rng *rand.Rand) {
	const cas, length = 5, 300
	h := newHistory(rng, cas, length)
	disk := vfs.NewCrashableMem()
	at, revs := make([]int, cas), make([]store.Rev, cas)
	for slices.Max(at) < length-20 {
		tune := smallTables
		if rng.IntN(2) == 0 {
			tune = tinyTables
		}
		s, err := Open("data/store", Options{FS: disk, Fatal: neverFatal(t), tune: tune, Memtable: 1 + rng.IntN(5000), Heads: 1 + rng.IntN(10)})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			order := rng.Perm(cas)[:1+rng.IntN(cas)]
			for n, r := range s.Commit(h.next(revs, at, order...)) {
				if r.Err != nil {
					t.Fatal(r.Err)
				}
				at[order[n]]++
				revs[order[n]] = r.Rev
			}
			if rng.IntN(15) == 0 {
				if err := s.db.Compact(t.Context(), []byte("a"), []byte("z"), false); err != nil {
					t.Fatal(err)
				}
			}
			_, found, err := h.find(s, at, at)
			if err != nil || !slices.Equal(found, revs) {
				t.Fatal(err, found, revs)
			}
		}
		if rng.IntN(2) == 0 {
			disk = disk.CrashClone(cutConfig(rng))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// tinyTables makes memtables come to Pebble as what its own can't hold, which has a way of its own there.
func tinyTables(p *pebble.Options) {
	smallTables(p)
	p.MemTableSize = 4 << 10
}
