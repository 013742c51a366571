package sharedmap

// Commit makes the map's next version, with the delta that leads there, and begins a new Edit of it. dropped are the keys whose
// tombstones have become too many: they are no longer in the map, even if the delta has just deleted them, and go from where the map
// is stored, after the delta went there. Without a change, or with an Err, it returns the map as it was, and nothing else.
func (e *Edit) Commit() (next *Map, d *Delta, dropped []string) {
	if len(e.changes) == 0 || e.err != nil {
		return e.base, nil, nil
	}
	made := e.now
	made.version++
	items := e.sorted()
	d = &Delta{Epoch: made.epoch, From: made.version - 1, To: made.version, Changes: make([]Entry, len(items))}
	for i := range items {
		items[i] = items[i].at(made.version)
		d.Changes[i] = items[i].entry()
	}
	made.root = made.root.put(items)
	dropped = made.dropGraves()
	*e = Edit{base: &made, now: made}
	return &made, d, dropped
}

// dropGraves removes the oldest tombstones that are too many, never more than follows the changes of one Edit. Whoever is at a
// version before the youngest of them can't be told any more.
func (m *Map) dropGraves() (keys []string) {
	for excess := m.graves - max(keptTombstones, m.live/4); excess > 0; {
		old := m.root.graves(m.root.grave, excess, nil)
		m.floor = max(m.floor, m.root.grave)
		m.root = m.root.remove(old)
		m.graves -= len(old)
		excess -= len(old)
		for _, it := range old {
			keys = append(keys, it.key())
		}
	}
	return keys
}
