package sharedmap

import (
	"maps"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// stored is what a store has of a map: a row for each entry and tombstone.
type stored map[string]Entry

// write does what the owner of a store does after a Commit.
func (s stored) write(d *Delta, dropped []string) {
	for _, e := range d.Changes {
		s[e.Key] = e
	}
	for _, key := range dropped {
		delete(s, key)
	}
}

// nearlyFull has as many tombstones as may stay, less a few, of many versions.
func nearlyFull() (*Map, stored) {
	l, s := NewLoader(7, 500, 0), stored{}
	add := func(e Entry) {
		s[e.Key] = e
		l.Add(e)
	}
	for i := range keptTombstones - 10 {
		add(Entry{Key: "gone" + strconv.Itoa(i), Version: uint64(i*i) % 500})
	}
	for i := range 200 {
		add(Entry{"k" + strconv.Itoa(i), text("x"), 500})
	}
	return l.Map(), s
}

func TestMAP6_OldestTombstonesGoAndRaiseTheFloor(t *testing.T) {
	full, rows := nearlyFull()
	rapid.Check(t, func(t *rapid.T) {
		m, s := full, maps.Clone(rows)
		history := []past{{m, contents(m)}}
		for range rapid.IntRange(1, 8).Draw(t, "transactions") {
			e := m.Edit()
			for range rapid.IntRange(1, 40).Draw(t, "changes") {
				key := "k" + strconv.Itoa(rapid.IntRange(0, 220).Draw(t, "key"))
				if !e.Delete(key) && rapid.Bool().Draw(t, "bring back") {
					if err := e.Set(key, text("again")); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := m
			next, d, dropped := e.Commit()
			if d == nil {
				continue
			}
			m = next
			excess := max(0, before.Graves()+gravesIn(before, d)-keptTombstones)
			if len(dropped) != excess || m.Graves() > keptTombstones {
				t.Fatalf("%d tombstones dropped, want %d", len(dropped), excess)
			}
			s.write(d, dropped)
			history = append(history, past{m, contents(m)})
		}
		checkTree(t, m)
		checkStored(t, m, s)
		checkResumes(t, history)
	})
}

// gravesIn is by how much a delta changes the number of tombstones.
func gravesIn(before *Map, d *Delta) (n int) {
	for _, e := range d.Changes {
		was := before.root.find(e.Key)
		switch {
		case e.Value == nil:
			n++
		case !was.none() && was.dead():
			n--
		}
	}
	return n
}

// checkStored wants the map to be what is stored of it, without a tombstone that is older than one that went.
func checkStored(t *rapid.T, m *Map, s stored) {
	n := 0
	for e := range m.Entries() {
		n++
		if row, ok := s[e.Key]; !ok || string(row.Value) != string(e.Value) || row.Version != e.Version {
			t.Fatalf("%v is stored as %v", e, row)
		}
		if e.Value == nil && e.Version < m.Floor() {
			t.Fatalf("a tombstone of version %d lies below the floor %d", e.Version, m.Floor())
		}
	}
	if n != len(s) {
		t.Fatalf("%d entries and tombstones, stored %d", n, len(s))
	}
}

func checkResumes(t *rapid.T, history []past) {
	last := history[len(history)-1]
	for _, p := range history {
		d, ok := last.m.Since(p.m.Version())
		if ok != (p.m.Version() >= last.m.Floor()) {
			t.Fatalf("Since(%d) is %v with the floor at %d", p.m.Version(), ok, last.m.Floor())
		}
		if ok && !maps.Equal(apply(p.want, d), last.want) {
			t.Fatalf("the delta since %d leads elsewhere", p.m.Version())
		}
	}
}

func TestTombstonesOfOneLargeTransactionGoToo(t *testing.T) {
	const n = keptTombstones + 2000
	m := load(someEntries(n))
	before := m
	e := m.Edit()
	for key := range m.All() {
		e.Delete(key)
	}
	m, d, dropped := e.Commit()
	if len(d.Changes) != n || len(dropped) != n-keptTombstones || m.Graves() != keptTombstones || m.Floor() != m.Version() {
		t.Fatalf("%d dropped, %d tombstones, floor %d", len(dropped), m.Graves(), m.Floor())
	}
	checkTree(t, m)
	if _, ok := m.Since(before.Version()); ok {
		t.Error("a map knows what it has forgotten")
	}
	if d, ok := m.Since(m.Version()); !ok || len(d.Changes) > 0 {
		t.Error("a map doesn't know that nothing has changed")
	}
}

func TestAQuarterOfALargeMapMayBeTombstones(t *testing.T) {
	m := load(someEntries(80_000))
	i := 0
	for key := range m.All() {
		if i++; i > 15_000 {
			break
		}
		e := m.Edit()
		e.Delete(key)
		next, _, dropped := e.Commit()
		if len(dropped) > 0 {
			t.Fatalf("dropped %q of %d tombstones and %d entries", dropped, next.Graves(), next.Len())
		}
		m = next
	}
	if d, ok := m.Since(1); !ok || len(d.Changes) != 15_000 {
		t.Error("deletions are lost")
	}
}
