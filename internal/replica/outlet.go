package replica

import "github.com/wabgo/wab/internal/sharedmap"

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
}

// outlet finds or makes the outlet of a map. Call with mu held and the view loaded.
func (w *writer) outlet(label string) *outlet {
	o := w.outlets[label]
	if o == nil {
		m := w.view.Load().at(label).m
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

// since is what changed after one version, up to another; nil where the log does not tell.
func (l *deltaLog) since(epoch, from, to uint64) *sharedmap.Delta {
	var merged *sharedmap.Delta
	for _, d := range l.deltas {
		switch {
		case d.Epoch != epoch || d.To <= from:
		case merged == nil && d.From <= from:
			merged = d
		case merged == nil || d.To > to:
			return reaching(merged, to)
		default:
			merged = sharedmap.Merge(merged, d)
		}
	}
	return reaching(merged, to)
}

func reaching(d *sharedmap.Delta, to uint64) *sharedmap.Delta {
	if d == nil || d.To != to {
		return nil
	}
	return d
}
