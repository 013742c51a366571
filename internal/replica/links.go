package replica

import (
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/sharedmap"
)

// linkList holds the groups that a map's keys name, in the order of the keys. It is kept with each snapshot, for a decision must not search a hundred thousand
// members for them.
type linkList struct {
	keys  []string
	names []name.Name
}

// after is the list once a transaction has changed the map.
func (l linkList) after(d *sharedmap.Delta) linkList {
	var links map[string]struct{}
	for _, e := range d.Changes {
		if _, ok := policy.Link(e.Key); !ok {
			continue
		}
		if links == nil {
			links = make(map[string]struct{}, len(l.keys)+1)
			for _, key := range l.keys {
				links[key] = struct{}{}
			}
		}
		note(links, e)
	}
	if links == nil {
		return l
	}
	return linksOf(links)
}

// note enters what an entry says about its key.
func note(links map[string]struct{}, e sharedmap.Entry) {
	if _, ok := policy.Link(e.Key); !ok {
		return
	}
	if delete(links, e.Key); policy.Counts(e.Value) {
		links[e.Key] = struct{}{}
	}
}

func linksOf(links map[string]struct{}) (l linkList) {
	for key := range links {
		l.keys = append(l.keys, key)
	}
	slices.SortFunc(l.keys, strings.Compare)
	for _, key := range l.keys {
		n, _ := policy.Link(key)
		l.names = append(l.names, n)
	}
	return l
}
