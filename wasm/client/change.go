package client

import (
	"slices"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
)

// MapChange is what changed in a map.
type MapChange struct {
	Set            map[string][]byte // encoded; see Decode
	Deleted        []string
	Reset          bool // Set is the whole content: forget all before
	Epoch, Version uint64
}

// pending is what handlers are to be told.
type pending struct {
	change    *MapChange
	state     bool
	presence  bool
	delivered bool // deliver is queued or runs
	closed    bool
}

// read adds a batch. Methods are no data.
func (ch *MapChange) read(batch []byte) {
	r := cbor.NewReader(batch)
	for n := r.Map(); n > 0; n-- {
		if key, value := r.Text(), r.Raw(); !sharedmap.IsMethod(key) {
			ch.put(key, value)
		}
	}
	if len(r.Rest()) == 0 {
		return
	}
	for n := r.Array(); n > 0; n-- {
		if key := r.Text(); !sharedmap.IsMethod(key) {
			ch.put(key, nil)
		}
	}
}

// put notes what became of a key; a nil value deletes.
func (ch *MapChange) put(key string, value []byte) {
	if ch.Set == nil {
		ch.Set = make(map[string][]byte)
	}
	ch.Set[key] = value
}

// merge adds a later change.
func (p *pending) merge(change *MapChange) {
	merged := p.change
	if merged == nil || change.Reset {
		merged = &MapChange{Reset: change.Reset}
	}
	for key, value := range change.Set {
		merged.put(key, value)
	}
	merged.Epoch, merged.Version = change.Epoch, change.Version
	p.change = merged
}

// finish sorts out deletions, which stood among Set with nil values.
func (ch *MapChange) finish() MapChange {
	for key, value := range ch.Set {
		if value == nil {
			delete(ch.Set, key)
			if !ch.Reset {
				ch.Deleted = append(ch.Deleted, key)
			}
		}
	}
	slices.Sort(ch.Deleted)
	return *ch
}

// tell adds to what is pending, and has it delivered.
func (m *Map) tell(add func(*pending)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add(&m.pending)
	if !m.pending.delivered {
		m.pending.delivered = true
		m.todo.add(m.deliver)
	}
}

// deliver runs the handlers until nothing is pending.
func (m *Map) deliver() {
	for {
		m.mu.Lock()
		p := m.pending
		m.pending = pending{delivered: p.change != nil || p.state || p.presence, closed: p.closed}
		m.mu.Unlock()
		if p.closed || p.change == nil && !p.state && !p.presence {
			return
		}
		m.run(p)
	}
}

func (m *Map) run(p pending) {
	if p.change != nil && m.opt.OnChange != nil {
		m.opt.OnChange(p.change.finish())
	}
	if p.state && m.opt.OnState != nil {
		state, _ := m.State()
		m.opt.OnState(state)
	}
	if p.presence && m.opt.OnPresence != nil {
		m.opt.OnPresence()
	}
}
