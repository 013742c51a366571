package sharedmap

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// sizes of the maps that benchmarks use. Keys have 20 bytes, values 50.
var sizes = []int{10_000, 1_000_000}

func someEntries(n int) []Entry {
	r := rand.New(rand.NewPCG(1, 2))
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{strconv.FormatUint(r.Uint64()|1<<63, 10)[:19] + "k", text(string(make([]byte, 48))), 1}
	}
	return entries
}

func load(entries []Entry) *Map {
	l := NewLoader(1, 1, 0)
	for _, e := range entries {
		l.Add(e)
	}
	return l.Map()
}

func forSizes(b *testing.B, f func(b *testing.B, m *Map, entries []Entry)) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			entries := someEntries(n)
			m := load(entries)
			b.ReportAllocs()
			b.ResetTimer()
			f(b, m, entries)
		})
	}
}

func BenchmarkGet(b *testing.B) {
	forSizes(b, func(b *testing.B, m *Map, entries []Entry) {
		for b.Loop() {
			if !m.Has(entries[rand.IntN(len(entries))].Key) {
				b.Fatal("lost")
			}
		}
	})
}

func BenchmarkCommitOne(b *testing.B)     { benchCommit(b, 1) }
func BenchmarkCommitHundred(b *testing.B) { benchCommit(b, 100) }

func benchCommit(b *testing.B, changes int) {
	forSizes(b, func(b *testing.B, m *Map, entries []Entry) {
		value, n := text(string(make([]byte, 48))), 0
		for b.Loop() {
			e := m.Edit()
			for range changes {
				n++
				value[len(value)-1], value[len(value)-2], value[len(value)-3] = byte(n)&127, byte(n>>7)&127, byte(n>>14)&127
				if err := e.Set(entries[rand.IntN(len(entries))].Key, value); err != nil {
					b.Fatal(err)
				}
			}
			m, _, _ = e.Commit()
		}
	})
}

func BenchmarkAll(b *testing.B) {
	forSizes(b, func(b *testing.B, m *Map, entries []Entry) {
		for b.Loop() {
			n := 0
			for range m.All() {
				n++
			}
			if n != len(entries) {
				b.Fatal(n)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	forSizes(b, func(b *testing.B, _ *Map, entries []Entry) {
		for b.Loop() {
			load(entries)
		}
	})
}

// What has changed in the last hundred versions.
func BenchmarkSince(b *testing.B) {
	forSizes(b, func(b *testing.B, m *Map, entries []Entry) {
		for range 100 {
			e := m.Edit()
			if err := e.Set(entries[rand.IntN(len(entries))].Key, text("changed")); err != nil {
				b.Fatal(err)
			}
			m, _, _ = e.Commit()
		}
		for b.Loop() {
			if d, ok := m.Since(m.Version() - 100); !ok || len(d.Changes) == 0 {
				b.Fatal(d)
			}
		}
	})
}

func BenchmarkSnapshotPart(b *testing.B) {
	forSizes(b, func(b *testing.B, m *Map, _ []Entry) {
		c := m.Cursor()
		for b.Loop() {
			if _, more := c.Next(64 << 10); !more {
				c = m.Cursor()
			}
		}
	})
}
