package replica

import (
	"cmp"
	"slices"

	"github.com/wabgo/wab/internal/sharedmap"
)

// An outlet is a map that clients subscribe to. It is guarded by writer.mu.
type outlet struct {
	id     uint64 // its number in shared frames
	label  string
	subs   int
	epoch  uint64 // where the last round of the pump ended
	pumped uint64
	log    deltaLog
	packed *packed // a snapshot for all who begin
	crowd  crowd

	round *round // the last one that the map was in, and its place there; the pump's own
	place int
}

// outlet finds or makes the outlet of a map. Call with mu held and the view loaded.
func (w *writer) outlet(label string) *outlet {
	o := w.outlets[label]
	if o == nil {
		m := w.out.Load().at(label).m
		o = &outlet{id: w.hub.ids.Add(1), label: label, epoch: m.Epoch(), pumped: m.Version()}
		if w.outlets == nil {
			w.outlets = map[string]*outlet{}
		}
		w.outlets[label] = o
	}
	return o
}

// Of each map with subscribers the last deltas are kept, so that who is a little behind needs no search.
const (
	logDeltas = 512
	logBytes  = 1 << 20
)

// deltaLog holds the newest deltas of a map, adjacent, oldest first.
type deltaLog struct {
	deltas []*sharedmap.Delta
	bytes  int
}

func (l *deltaLog) add(d *sharedmap.Delta) {
	if n := len(l.deltas); n > 0 && (l.deltas[n-1].Epoch != d.Epoch || l.deltas[n-1].To != d.From) {
		*l = deltaLog{}
	}
	l.deltas = append(l.deltas, d)
	l.bytes += d.Size()
	drop := 0
	for drop < len(l.deltas)-1 && (len(l.deltas)-drop > logDeltas || l.bytes > logBytes) {
		l.bytes -= l.deltas[drop].Size()
		drop++
	}
	if drop > 0 {
		n := copy(l.deltas, l.deltas[drop:])
		clear(l.deltas[n:])
		l.deltas = l.deltas[:n]
	}
}

// after are the deltas that lead on from a version; none where the log does not tell, or there is nothing newer.
func (l *deltaLog) after(epoch, from uint64) []*sharedmap.Delta {
	n := len(l.deltas)
	if n == 0 || l.deltas[0].Epoch != epoch || from < l.deltas[0].From || from >= l.deltas[n-1].To {
		return nil
	}
	i, _ := slices.BinarySearchFunc(l.deltas, from+1, func(d *sharedmap.Delta, to uint64) int { return cmp.Compare(d.To, to) })
	return l.deltas[i:]
}

// fewDeltas are merged sooner than they are looked up in the map again.
const fewDeltas = 4

// merge makes one delta of adjacent ones, halves first: each change is copied a few times only, however many deltas there are.
func merge(deltas []*sharedmap.Delta) *sharedmap.Delta {
	switch n := len(deltas); n {
	case 0:
		return nil
	case 1:
		return deltas[0]
	default:
		return sharedmap.Merge(merge(deltas[:n/2]), merge(deltas[n/2:]))
	}
}

// maxDelta is how many bytes of changes go out in one frame: more than one transaction makes. Who lacks more starts over, in parts.
const maxDelta = 8 << 20

// since is what changed in a map after a version, if that is not too much. The map tells it as well as the log; what it has forgotten the log may
// still know.
func since(m *sharedmap.Map, from uint64, log []*sharedmap.Delta) (*sharedmap.Delta, bool) {
	if n := len(log); n > 0 && log[n-1].To == m.Version() && (n <= fewDeltas || from < m.Floor()) {
		return merge(log), true
	}
	return m.SinceWithin(from, maxDelta)
}
