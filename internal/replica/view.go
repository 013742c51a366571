package replica

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
)

// A view is what one CA's maps hold at the end of one of its commits. It never changes; nil has not been loaded.
type view struct {
	ca   name.Name
	maps []*shown // sorted by label
}

// shown is one map in a view. It never changes. It is the map as a group, too.
type shown struct {
	label  string
	full   string // the map's whole name
	m      *sharedmap.Map
	links  linkList // the groups that its keys name
	recent atomic.Pointer[recent]
}

func show(ca name.Name, label string, m *sharedmap.Map, links linkList) *shown {
	ca.Item = label
	return &shown{label: label, full: ca.String(), m: m, links: links}
}

// Name is the map's whole name.
func (s *shown) Name() string { return s.full }

// Has tells whether a key stands in the map as a group's.
func (s *shown) Has(key string) bool {
	r := s.recent.Load()
	if r == nil {
		if r = recentOf(s.m); r == nil {
			return counts(s.m, key)
		}
		s.recent.Store(r)
	}
	return r.has(s.m, key)
}

// Links are the groups that the map's keys name.
func (s *shown) Links() []name.Name { return s.links.names }

// after is the map once a transaction has changed it.
func (s *shown) after(next *sharedmap.Map, d *sharedmap.Delta) *shown {
	return &shown{label: s.label, full: s.full, m: next, links: s.links.after(d)}
}

func newView(ca name.Name, maps []*shown) *view {
	slices.SortFunc(maps, func(a, b *shown) int { return strings.Compare(a.label, b.label) })
	return &view{ca, maps}
}

func (v *view) find(label string) (i int, ok bool) {
	return slices.BinarySearchFunc(v.maps, label, func(s *shown, label string) int { return strings.Compare(s.label, label) })
}

// at is a map of the view, an empty one if there is none.
func (v *view) at(label string) *shown {
	if i, ok := v.find(label); ok {
		return v.maps[i]
	}
	return show(v.ca, label, nil, linkList{})
}

// A change is what a transaction made of one map.
type change struct {
	next  *shown
	delta *sharedmap.Delta
}

// with is the view after a transaction.
func (v *view) with(changes []change) *view {
	next := &view{v.ca, slices.Clone(v.maps)}
	for _, c := range changes {
		if i, ok := next.find(c.next.label); ok {
			next.maps[i] = c.next
		} else {
			next.maps = slices.Insert(next.maps, i, c.next)
		}
	}
	return next
}

// newer leaves out the changes that the view has already: they were durable when it was loaded.
func (v *view) newer(changes []change) []change {
	return slices.DeleteFunc(slices.Clone(changes), func(c change) bool {
		m := v.at(c.next.label).m
		return m.Epoch() == c.next.m.Epoch() && m.Version() >= c.next.m.Version()
	})
}
