package sharedmap

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
)

// state is what a map should hold, as a plain Go map.
type state map[string]string

// contents is a map, or a replica, as plain values.
func contents(m interface {
	All() iter.Seq2[string, []byte]
}) state {
	s := state{}
	for key, value := range m.All() {
		s[key] = string(value)
	}
	return s
}

func text(s string) []byte { return cbor.AppendText(nil, s) }

// past is one version of a map with what it should hold for ever.
type past struct {
	m    *Map
	want state
}

var (
	keys   = rapid.StringMatching(`[a-c]{1,3}|\x00[AB]|[a-z]{20,30}`)
	values = rapid.StringMatching(`[xy]{0,2}`)
)

// history edits a map again and again beside its model.
type history struct {
	t      *rapid.T
	past   []past
	deltas []*Delta
}

func newHistory(t *rapid.T) *history {
	h := &history{t: t, past: []past{{New(7), state{}}}}
	for range rapid.IntRange(1, 20).Draw(t, "transactions") {
		h.transact()
	}
	return h
}

func (h *history) last() past { return h.past[len(h.past)-1] }

func (h *history) transact() {
	base := h.last()
	e, want := base.m.Edit(), maps.Clone(base.want)
	for range rapid.IntRange(0, 30).Draw(h.t, "changes") {
		h.edit(e, want)
	}
	checkEdit(h.t, e, base.want, want)
	if rapid.IntRange(0, 4).Draw(h.t, "rollback") == 0 {
		return
	}
	m, d, _ := e.Commit()
	if maps.Equal(want, base.want) {
		if m != base.m || d != nil {
			h.t.Fatalf("a commit without a change made version %d", m.Version())
		}
		return
	}
	h.past = append(h.past, past{m, want})
	h.deltas = append(h.deltas, d)
}

func (h *history) edit(e *Edit, want state) {
	key := keys.Draw(h.t, "key")
	if rapid.Bool().Draw(h.t, "delete") {
		_, had := want[key]
		if e.Delete(key) != had {
			h.t.Fatalf("Delete(%q) should be %v", key, had)
		}
		delete(want, key)
		return
	}
	value := text(values.Draw(h.t, "value"))
	if err := e.Set(key, value); err != nil {
		h.t.Fatal(err)
	}
	want[key] = string(value)
}

func checkEdit(t *rapid.T, e *Edit, before, want state) {
	got, last := state{}, ""
	for key, value := range e.All() {
		if last != "" && compareKeys(last, key) >= 0 {
			t.Fatalf("%q stands before %q", last, key)
		}
		last, got[key] = key, string(value)
	}
	if !maps.Equal(got, want) {
		t.Fatalf("the Edit has %v, want %v", got, want)
	}
	if e.Changes() != len(differences(before, want)) || e.Len() != dataLen(want) {
		t.Fatalf("%d changes, %d entries; want %d, %d", e.Changes(), e.Len(), len(differences(before, want)), dataLen(want))
	}
	for key := range before {
		value, ok := e.Get(key)
		if inModel, has := want[key]; ok != has || string(value) != inModel || e.Has(key) != has {
			t.Fatalf("the Edit has %x, %v for %q", value, ok, key)
		}
	}
}

func differences(a, b state) []string {
	var keys []string
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func dataLen(s state) (n int) {
	for key := range s {
		if !IsMethod(key) {
			n++
		}
	}
	return n
}

func TestMAP3_VersionsNeverChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, p := range newHistory(t).past {
			checkMap(t, p.m, p.want)
		}
	})
}

func checkMap(t *rapid.T, m *Map, want state) {
	if got := contents(m); !maps.Equal(got, want) {
		t.Fatalf("version %d has %v, want %v", m.Version(), got, want)
	}
	size := 0
	for key, value := range want {
		size += len(key) + len(value)
		if got, ok := m.Get(key); !ok || string(got) != value || !m.Has(key) {
			t.Fatalf("version %d has %x for %q, want %x", m.Version(), got, key, value)
		}
	}
	if m.Len() != dataLen(want) || m.Size() != len(want) || m.Bytes() != size {
		t.Fatalf("Len %d, Size %d, Bytes %d of %v", m.Len(), m.Size(), m.Bytes(), want)
	}
	checkTree(t, m)
}

// checkTree checks what holds of every tree, and the numbers that a map keeps of it.
func checkTree(t interface{ Fatalf(string, ...any) }, m *Map) {
	depth, graves := -1, 0
	var last string
	var walk func(n tree, level int)
	walk = func(n tree, level int) {
		size := len(n.node.items) + len(n.node.kids)
		if size == 0 || len(n.node.items) > maxItems || len(n.node.kids) > maxKids || (n.node.items == nil) == (n.node.kids == nil) {
			t.Fatalf("a node has %d items and %d children", len(n.node.items), len(n.node.kids))
		}
		again := tree{}
		if n.node.kids == nil {
			again = leaf(n.node.items)
			if depth >= 0 && depth != level {
				t.Fatalf("leaves at %d and %d", depth, level)
			}
			depth = level
		} else {
			again = branch(n.node.kids)
		}
		if again.first != n.first || again.newest != n.newest || again.grave != n.grave {
			t.Fatalf("a tree says %v, and is %v", n, again)
		}
		for _, kid := range n.node.kids {
			walk(kid, level+1)
		}
		for _, it := range n.node.items {
			if last != "" && compareKeys(last, it.key()) >= 0 {
				t.Fatalf("%q stands before %q", last, it.key())
			}
			last = it.key()
			if it.dead() {
				graves++
			}
		}
	}
	if m.root.node != nil {
		walk(m.root, 0)
	}
	if graves != m.Graves() {
		t.Fatalf("%d tombstones, said to be %d", graves, m.Graves())
	}
}

// apply is what a reader makes of a delta.
func apply(s state, d *Delta) state {
	s = maps.Clone(s)
	for _, e := range d.Changes {
		if e.Value == nil {
			delete(s, e.Key)
		} else {
			s[e.Key] = string(e.Value)
		}
	}
	return s
}

func TestMAP6_DeltasLeadFromEveryVersionToEveryLaterOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		for i, from := range h.past {
			if got := from.m.Version(); got != uint64(i) {
				t.Fatalf("version %d is called %d", i, got)
			}
			var merged *Delta
			for j := i; j < len(h.past); j++ {
				to := h.past[j]
				checkDelta(t, from, to, merged)
				d, ok := to.m.Since(from.m.Version())
				if !ok {
					t.Fatalf("version %d doesn't know what changed since %d", j, i)
				}
				checkDelta(t, from, to, d)
				if j < len(h.deltas) {
					merged = Merge(merged, h.deltas[j])
				}
			}
		}
	})
}

func checkDelta(t *rapid.T, from, to past, d *Delta) {
	if d == nil {
		return
	}
	if d.Epoch != 7 || d.From != from.m.Version() || d.To != to.m.Version() {
		t.Fatalf("from %d to %d: %+v", from.m.Version(), to.m.Version(), d)
	}
	if got := apply(from.want, d); !maps.Equal(got, to.want) {
		t.Fatalf("from %v the delta %v leads to %v, want %v", from.want, d.Changes, got, to.want)
	}
	if !keysFit(d.Changes) {
		t.Fatalf("changes out of order: %v", d.Changes)
	}
}

func TestMergingInAnyOrderIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		draw := func(from, to int) *Delta {
			d, ok := h.past[to].m.Since(uint64(from))
			if !ok {
				t.Fatal("Since")
			}
			return d
		}
		n := len(h.past) - 1
		end := rapid.IntRange(0, n).Draw(t, "end of a")
		next := rapid.IntRange(0, end).Draw(t, "start of b") // overlaps
		last := rapid.IntRange(next, n).Draw(t, "end of b")
		a, b, c := draw(0, end), draw(next, last), draw(min(end, last), n)
		left, right := Merge(Merge(a, b), c), Merge(a, Merge(b, c))
		if !sameDelta(left, right) || !sameDelta(left, draw(0, n)) {
			t.Fatalf("(a b) c = %v, a (b c) = %v", left, right)
		}
		if !sameDelta(Merge(a, b), Merge(b, a)) {
			t.Fatalf("a b = %v, b a = %v", Merge(a, b), Merge(b, a))
		}
	})
}

func sameDelta(a, b *Delta) bool {
	return a.Epoch == b.Epoch && a.From == b.From && a.To == b.To && sameEntries(a.Changes, b.Changes)
}

// keysFit tells whether keys are as long as they may be, and in order, each once.
func keysFit(entries []Entry) bool {
	for i, e := range entries {
		if len(e.Key) == 0 || len(e.Key) > MaxKey || i > 0 && compareKeys(entries[i-1].Key, e.Key) >= 0 {
			return false
		}
	}
	return true
}

func sameEntries(a, b []Entry) bool {
	return slices.EqualFunc(a, b, func(a, b Entry) bool {
		return a.Key == b.Key && a.Version == b.Version && bytes.Equal(a.Value, b.Value) && (a.Value == nil) == (b.Value == nil)
	})
}

func TestMAP10_LoaderBringsBackTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newHistory(t).last()
		entries := slices.Collect(p.m.Entries())
		l := NewLoader(p.m.Epoch(), p.m.Version(), p.m.Floor())
		for _, e := range rapid.Permutation(entries).Draw(t, "order") {
			l.Add(e)
		}
		m := l.Map()
		checkMap(t, m, p.want)
		if !sameEntries(slices.Collect(m.Entries()), entries) || m.Graves() != p.m.Graves() || m.Epoch() != 7 || m.Version() != p.m.Version() {
			t.Fatalf("restored %v", m)
		}
	})
}

func TestCursorReadsTheVersionItWasMadeOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newHistory(t).last()
		limit := rapid.IntRange(-1, 200).Draw(t, "limit")
		c, got := p.m.Cursor(), []Entry(nil)
		for more := true; more; {
			var part []Entry
			part, more = c.Next(limit)
			checkPart(t, part, limit, p.m.Size() == 0)
			got = append(got, part...)
		}
		live := slices.DeleteFunc(slices.Collect(p.m.Entries()), func(e Entry) bool { return e.Value == nil })
		if !sameEntries(got, live) {
			t.Fatalf("the cursor read %v, want %v", got, live)
		}
		if part, more := c.Next(limit); len(part) > 0 || more {
			t.Fatalf("after the end the cursor read %v", part)
		}
	})
}

func checkPart(t *rapid.T, part []Entry, limit int, empty bool) {
	size := len(AppendEntries(nil, part)) - len(cbor.AppendMapHeader(nil, len(part)))
	if size > limit && len(part) > 1 || len(part) == 0 && !empty {
		t.Fatalf("a part of %d entries and %d bytes for a limit of %d", len(part), size, limit)
	}
}

func TestDeltasTravel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(t)
		d, _ := h.last().m.Since(0)
		b := AppendDelta(nil, 5, d)
		if err := cbor.Check(b); err != nil || len(b) > d.Size() {
			t.Fatalf("%x: %v, %d bytes of %d", b, err, len(b), d.Size())
		}
		shuffled := *d
		shuffled.Changes = rapid.Permutation(d.Changes).Draw(t, "order")
		if !bytes.Equal(AppendDelta(nil, 5, &shuffled), b) {
			t.Fatal("the order of changes matters")
		}
		sections, _, err := readSections(frameOf(b), nil)
		if err != nil || len(sections) != 1 {
			t.Fatalf("%d sections, %v", len(sections), err)
		}
		got := sections[0]
		if got.id != 5 || got.epoch != 7 || got.from != d.From || got.to != d.To {
			t.Fatalf("%+v", got)
		}
		r := NewReplica()
		r.apply(got.changes)
		if s := contents(r); !maps.Equal(s, h.last().want) {
			t.Fatalf("the delta leads to %v, want %v", s, h.last().want)
		}
	})
}
