package sharedmap

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Enough keys for a tree of several levels, of which some commits set many, some remove nearly all.
func TestLargeTreesStayInShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, want := New(1), state{}
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			e := m.Edit()
			start, n := rapid.IntRange(0, 1500).Draw(t, "start"), rapid.IntRange(0, 1500).Draw(t, "n")
			for i := start; i < start+n; i++ {
				key := strings.Repeat("k", i%3) + string(rune('a'+i%26)) + string(rune(0x4e00+i))
				if err := e.Set(key, text(key)); err != nil {
					t.Fatal(err)
				}
				want[key] = string(text(key))
			}
			m, _, _ = e.Commit()
			checkMap(t, m, want)
			m = &Map{epoch: 1, version: m.version, root: m.root, live: m.live, bytes: m.bytes, methods: m.methods}
			removeSome(t, m, want)
			checkMap(t, m, want)
			if n := nodes(m.root); n > 2+m.Size()/4 {
				t.Fatalf("%d nodes for %d items", n, m.Size())
			}
		}
	})
}

func nodes(t tree) (n int) {
	if t.node == nil {
		return 0
	}
	for _, kid := range t.node.kids {
		n += nodes(kid)
	}
	return n + 1
}

// removeSome takes items out of a tree, as Commit does with tombstones.
func removeSome(t *rapid.T, m *Map, want state) {
	every := rapid.IntRange(1, 10).Draw(t, "keep every")
	i := 0
	var gone []item
	m.root.each(func(it item) bool {
		if i++; i%every != 0 {
			gone = append(gone, it)
			m.count(it, -1)
			delete(want, it.key())
		}
		return true
	})
	m.root = m.root.remove(gone)
}
