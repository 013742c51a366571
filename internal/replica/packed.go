package replica

import (
	"sync"

	"github.com/wabgo/wab/internal/sharedmap"
)

const (
	partBytes   = 32 << 10 // of one part of a snapshot
	packedBytes = 1 << 20  // the largest snapshot that is encoded once for all who begin
)

// packed is a snapshot of a map in parts, encoded when first asked for and shared between those who begin at that time.
type packed struct {
	m     *sharedmap.Map
	once  sync.Once
	parts [][]byte
}

func (p *packed) all() [][]byte {
	p.once.Do(func() {
		c := p.m.Cursor()
		for more := true; more; {
			var entries []sharedmap.Entry
			entries, more = c.Next(partBytes)
			p.parts = append(p.parts, sharedmap.AppendEntries(nil, entries))
		}
	})
	return p.parts
}

// A feed hands out a snapshot part by part.
type feed struct {
	m      *sharedmap.Map
	parts  [][]byte // those of a packed snapshot that are left
	cursor *sharedmap.Cursor
}

func (f *feed) next() (entries []byte, last bool) {
	if f.cursor == nil {
		entries, f.parts = f.parts[0], f.parts[1:]
		return entries, len(f.parts) == 0
	}
	part, more := f.cursor.Next(partBytes)
	return sharedmap.AppendEntries(nil, part), !more
}

// pack is the snapshot for a subscriber that begins, nil where the map is too large. One that others began with a moment ago serves as well, as long as the
// log tells what has changed since. Call with mu held.
func (o *outlet) pack(m *sharedmap.Map) *packed {
	if m.Bytes() > packedBytes {
		return nil
	}
	p := o.packed
	if p == nil || p.m.Epoch() != m.Epoch() || (p.m.Version() != m.Version() && len(o.log.after(m.Epoch(), p.m.Version())) == 0) {
		p = &packed{m: m}
		o.packed = p
	}
	return p
}

func newFeed(m *sharedmap.Map, p *packed) *feed {
	if p == nil {
		return &feed{m: m, cursor: m.Cursor()}
	}
	return &feed{m: p.m, parts: p.all()}
}
