package replica

import (
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/sharedmap"
)

// A view is what one CA's maps hold at the end of one of its commits. It never changes; nil has not been loaded.
type view struct{ maps []shown } // sorted by label

// shown is one map in a view.
type shown struct {
	label string
	m     *sharedmap.Map
	links linkList // the groups that its entries link to, if it is used as one
}

func newView(maps []shown) *view {
	slices.SortFunc(maps, func(a, b shown) int { return strings.Compare(a.label, b.label) })
	return &view{maps}
}

func (v *view) find(label string) (i int, ok bool) {
	return slices.BinarySearchFunc(v.maps, label, func(s shown, l string) int { return strings.Compare(s.label, l) })
}

// at is a map of the view, an empty one if there is none.
func (v *view) at(label string) shown {
	if i, ok := v.find(label); ok {
		return v.maps[i]
	}
	return shown{label: label}
}

// A change is what a transaction made of one map.
type change struct {
	label string
	next  *sharedmap.Map
	delta *sharedmap.Delta
	links linkList
}

// with is the view after a transaction.
func (v *view) with(changes []change) *view {
	next := &view{slices.Clone(v.maps)}
	for _, c := range changes {
		s := shown{c.label, c.next, c.links}
		if i, ok := next.find(c.label); ok {
			next.maps[i] = s
		} else {
			next.maps = slices.Insert(next.maps, i, s)
		}
	}
	return next
}

// newer leaves out the changes that the view has already: they were durable when it was loaded.
func (v *view) newer(changes []change) []change {
	return slices.DeleteFunc(slices.Clone(changes), func(c change) bool {
		m := v.at(c.label).m
		return m.Epoch() == c.next.Epoch() && m.Version() >= c.next.Version()
	})
}
