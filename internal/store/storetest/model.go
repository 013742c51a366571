package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/store"
)

// modelCA is what the store should hold of a CA.
type modelCA struct {
	rev  store.Rev
	due  int64
	keys map[string]string
}

// machine drives a store and a model of it side by side.
type machine struct {
	open Opener
	s    store.Store
	cas  map[string]*modelCA
	old  []store.Rev // revisions that no head bears any more
}

var (
	modelNames = []string{"a:b/c", "a:b/c1", "a:b/c-", "a:b/d", "b:b/c"}
	modelKey   = rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 'a', 'b', 0xff}), 0, 3).Draw(t, "key"))
	})
	modelDue = rapid.SampledFrom([]int64{-3, 0, 0, 1, 2, 2, 300})
)

func model(t *testing.T, place func(t *testing.T) Opener) {
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{open: place(t), cas: make(map[string]*modelCA)}
		m.s = reopenRapid(r, m.open)
		defer func() { _ = m.s.Close() }()
		r.Repeat(map[string]func(*rapid.T){
			"commit": m.commit,
			"get":    m.get,
			"load":   m.load,
			"due":    m.due,
			"reopen": m.reopen,
			"":       m.check,
		})
	})
}

func reopenRapid(r *rapid.T, open Opener) store.Store {
	s, err := open()
	if err != nil {
		r.Fatalf("open: %v", err)
	}
	return s
}

// commit makes one Commit over some of the CAs, each at its own, an old, or a foreign revision.
func (m *machine) commit(r *rapid.T) {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(modelNames), 1, 4, rapid.ID[string]).Draw(r, "names")
	writes := make([]store.Write, len(names))
	for i, name := range names {
		writes[i] = m.draw(r, name)
	}
	for i, result := range m.s.Commit(writes) {
		m.apply(r, &writes[i], result)
	}
}

func (m *machine) draw(r *rapid.T, name string) store.Write {
	w := store.Write{CA: name, Due: modelDue.Draw(r, "due"), Destroy: rapid.IntRange(0, 5).Draw(r, "destroy") == 0}
	if c := m.cas[name]; c != nil {
		w.Expect = c.rev
	}
	if len(m.old) > 0 && rapid.IntRange(0, 4).Draw(r, "stale") == 0 {
		w.Expect = rapid.SampledFrom(m.old).Draw(r, "old")
	}
	for _, key := range rapid.SliceOfN(modelKey, 0, 3).Draw(r, "puts") {
		w.Puts = append(w.Puts, store.KV{Key: []byte(key), Value: []byte(rapid.StringN(0, 4, 8).Draw(r, "value"))})
	}
	if w.Destroy {
		w.Keep = []byte(modelKey.Draw(r, "keep"))
	}
	w.Deletes = keys(rapid.SliceOfN(modelKey, 0, 2).Draw(r, "deletes")...)
	return w
}

func (m *machine) apply(r *rapid.T, w *store.Write, result store.Result) {
	c := m.cas[w.CA]
	if c == nil {
		c = &modelCA{keys: make(map[string]string)}
	}
	if w.Expect != c.rev {
		if result.Err != store.ErrConflict {
			r.Fatalf("%s at %d, expected %d: %+v", w.CA, c.rev, w.Expect, result)
		}
		return
	}
	if result.Err != nil || (result.Rev == 0) != gone(w) || slices.Contains(m.old, result.Rev) || (!gone(w) && result.Rev == c.rev) {
		r.Fatalf("%s at %d: %+v", w.CA, c.rev, result)
	}
	if c.rev != 0 {
		m.old = append(m.old, c.rev)
	}
	delete(m.cas, w.CA)
	if gone(w) {
		return
	}
	if w.Destroy {
		maps.DeleteFunc(c.keys, func(key, _ string) bool { return !strings.HasPrefix(key, string(w.Keep)) })
	}
	m.cas[w.CA] = c
	c.rev, c.due = result.Rev, w.Due
	for _, key := range w.Deletes {
		delete(c.keys, string(key))
	}
	for _, kv := range w.Puts {
		c.keys[string(kv.Key)] = string(kv.Value)
	}
}

// gone tells whether a write leaves nothing of its CA.
func gone(w *store.Write) bool { return w.Destroy && len(w.Keep) == 0 }

func (m *machine) get(r *rapid.T) {
	name, key := rapid.SampledFrom(modelNames).Draw(r, "name"), modelKey.Draw(r, "key")
	got, err := m.s.Get(name, []byte(key))
	if err != nil {
		r.Fatal(err)
	}
	want, ok := "", false
	if c := m.cas[name]; c != nil {
		want, ok = c.keys[key]
	}
	if string(got) != want || (got != nil) != ok {
		r.Fatalf("%s %q is %q, want %q", name, key, got, want)
	}
}

func (m *machine) load(r *rapid.T) {
	m.compare(r, rapid.SampledFrom(modelNames).Draw(r, "name"), modelKey.Draw(r, "prefix"))
}

func (m *machine) compare(r *rapid.T, name, prefix string) {
	c := m.cas[name]
	if c == nil {
		c = new(modelCA)
	}
	var want, got []string
	for _, key := range slices.Sorted(maps.Keys(c.keys)) {
		if strings.HasPrefix(key, prefix) {
			want = append(want, key+"="+c.keys[key])
		}
	}
	rev, err := m.s.Load(name, []byte(prefix), func(key, value []byte) error {
		got = append(got, string(key)+"="+string(value))
		return nil
	})
	if err != nil || rev != c.rev || !slices.Equal(got, want) {
		r.Fatalf("%s under %q is %d %q (%v), want %d %q", name, prefix, rev, got, err, c.rev, want)
	}
}

func (m *machine) due(r *rapid.T) {
	after := store.Due{At: modelDue.Draw(r, "after"), CA: rapid.SampledFrom(append(modelNames, "")).Draw(r, "behind")}
	m.compareDue(r, modelDue.Draw(r, "at"), after, rapid.IntRange(0, 6).Draw(r, "limit"))
}

func byDue(a, b store.Due) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.CA, b.CA)) }

func (m *machine) compareDue(r *rapid.T, at int64, after store.Due, limit int) {
	var want []store.Due
	for name, c := range m.cas {
		if d := (store.Due{CA: name, At: c.due}); c.due != 0 && c.due <= at && byDue(after, d) < 0 {
			want = append(want, d)
		}
	}
	slices.SortFunc(want, byDue)
	want = want[:min(limit, len(want))]
	got, err := m.s.DueBefore(at, after, limit)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		r.Fatalf("due before %d, behind %v, at most %d: %v (%v), want %v", at, after, limit, got, err, want)
	}
}

func (m *machine) reopen(r *rapid.T) {
	if rapid.IntRange(0, 3).Draw(r, "rest") > 0 { // the slowest step by far
		return
	}
	if err := m.s.Close(); err != nil {
		r.Fatal(err)
	}
	m.s = reopenRapid(r, m.open)
}

func (m *machine) check(r *rapid.T) {
	for _, name := range modelNames {
		m.compare(r, name, "")
	}
	m.compareDue(r, 1000, fromStart, 100)
}
