package client

import (
	"fmt"
	"slices"

	"github.com/wabgo/wab/internal/cbor"
)

// Presence is what somebody shows of themselves in a map.
type Presence struct {
	Who   uint64 // a subscriber, or one of its tabs, for as long as it stays
	Owner string
	Value []byte // encoded; see Decode
}

// Show tells the others in the map about us: a value of at most 1,024 bytes when encoded, nil to withdraw it. It is told again after a cut.
func (m *Map) Show(value any) error {
	raw, err := encoding.Marshal(value)
	if err != nil {
		return fmt.Errorf("client: what is to be shown can't be encoded: %w", err)
	}
	err = ErrClosed
	m.c.do(func() {
		if m.c.maps.open[m.sub.sub] == m.sub {
			err = m.c.maps.mirrors.SetPresence(m.c.now(), m.sub.sub, 0, raw)
		}
	})
	return err
}

// Others are those who show themselves in the map, without us, in the order of Who.
func (m *Map) Others() []Presence {
	m.c.mu.Lock()
	me, present := m.c.maps.mirrors.Presence(m.sub.sub)
	m.c.mu.Unlock()
	var others []Presence
	r := cbor.NewReader(present)
	for n := r.Array(); n > 0; n-- {
		r.Array()
		if p := (Presence{Who: r.Uint(), Owner: r.Text(), Value: r.Raw()}); p.Who != me {
			others = append(others, p)
		}
	}
	slices.SortFunc(others, func(a, b Presence) int { return int(min(max(int64(a.Who)-int64(b.Who), -1), 1)) })
	return others
}
