package sharedmap

import "slices"

// Delta is what changed in a map after the version From, up to To: the last state of each key that changed. Changes stand in the order
// of keys, each key once.
type Delta struct {
	Epoch    uint64
	From, To uint64
	Changes  []Entry // without Value: deleted
}

// Size is how many bytes AppendDelta appends at most.
func (d *Delta) Size() int {
	if d == nil {
		return 0
	}
	n := deltaHead
	for _, e := range d.Changes {
		n += e.encoded()
	}
	return n
}

// Merge is the delta that leads as far as a and b do one after the other. They may overlap. It is nil if they are of different epochs,
// or a version is missing between them; nil merges with anything. Neither is changed.
func Merge(a, b *Delta) *Delta {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.Epoch != b.Epoch || b.From > a.To || a.From > b.To:
		return nil
	}
	return &Delta{a.Epoch, min(a.From, b.From), max(a.To, b.To), mergeChanges(a.inOrder(), b.inOrder())}
}

func mergeChanges(a, b []Entry) []Entry {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	merged := make([]Entry, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := compareKeys(a[0].Key, b[0].Key); {
		case c < 0:
			merged, a = append(merged, a[0]), a[1:]
		case c > 0:
			merged, b = append(merged, b[0]), b[1:]
		default:
			if a[0].Version > b[0].Version {
				merged = append(merged, a[0])
			} else {
				merged = append(merged, b[0])
			}
			a, b = a[1:], b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// inOrder are the changes, put in order should somebody have made them otherwise.
func (d *Delta) inOrder() []Entry { return inOrder(d.Changes) }

func inOrder(entries []Entry) []Entry {
	order := func(a, b Entry) int { return compareKeys(a.Key, b.Key) }
	if slices.IsSortedFunc(entries, order) {
		return entries
	}
	entries = slices.Clone(entries)
	slices.SortFunc(entries, order)
	return entries
}
