package policy

import (
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
)

// Groups finds groups by their names.
type Groups interface {
	// Group is a group as the asker sees it, and whether it does. What does not exist is a GroupView without entries.
	Group(group name.Name) (GroupView, State)
}

// State tells whether a group can be looked into.
type State uint8

// The states. The zero one is that of a group that nobody has brought.
const (
	Missing State = iota // it has not arrived, or is cut off
	Ready
	Locked // its owner does not let the asker read it
	Spent  // this decision, or one that waits for it, has looked into too many groups already
)

// GroupView is one snapshot of a group's map.
type GroupView interface {
	// Name is the group's full name, as chains show it.
	Name() string
	// Has tells whether there is an entry with this key, and a value that Counts.
	Has(key string) bool
	// Links are the groups that its keys name (Link) with a value that Counts, in a fixed order. They are gathered when the snapshot is made: a
	// walk must not search a hundred thousand members for them. An app may be missing: the group's own is meant.
	Links() []name.Name
}

// Link tells whether a key of a group names another group, [app:]owner/local/map, and which.
func Link(key string) (to name.Name, ok bool) {
	if strings.Count(key, "/") != 2 {
		return name.Name{}, false
	}
	to, err := name.Parse(key)
	return to, err == nil && to.Kind() == name.Item && to.Host == ""
}

// Counts tells whether an entry with this value stands in a group. One with false or null is as if it were not there.
func Counts(value []byte) bool {
	return len(value) > 0 && string(value) != cbor.Null && string(value) != cborFalse
}

const cborFalse = "\xf4"
