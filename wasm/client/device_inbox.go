package client

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wabgo/wab/internal/bundle"
)

// Desired decodes what the device should be like into into, which may be nil; ok is false if nothing is said of it.
func (d *Device) Desired(key string, into any) (ok bool, err error) { return d.desired.Get(key, into) }

// DesiredView is all that the device should be like, as it is now.
func (d *Device) DesiredView() View { return d.desired.View() }

// desire hears of changes of desired values.
func (d *Device) desire(MapChange) {
	d.mu.Lock()
	d.turned = true
	d.mu.Unlock()
	d.wake()
}

// arrive hears of bundles.
func (d *Device) arrive(ch MapChange) {
	var arrived []*bundle.Bundle
	for id, encoded := range ch.Set {
		if b := d.unpack(id, encoded); b != nil {
			arrived = append(arrived, b)
		}
	}
	slices.SortFunc(arrived, inOrder)
	d.mu.Lock()
	d.arrived = append(d.arrived, arrived...)
	d.mu.Unlock()
	d.wake()
}

// inOrder sorts bundles that come together as they were made, as far as can be told: of those that run on arrival, the later ones expire later.
func inOrder(a, b *bundle.Bundle) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Expires, b.Expires), cmp.Compare(a.ID, b.ID))
}

// unpack decodes a bundle; what can't be decoded is refused. What has no id that a bundle can have is nobody's, and is told here alone.
func (d *Device) unpack(id string, encoded []byte) *bundle.Bundle {
	b, err := bundle.Parse(slices.Clone(encoded))
	if err == nil && b.ID == id {
		return b
	}
	why := "The bundle has another id than its key."
	if err != nil {
		why = err.Error()
	}
	if id == "" || len(id) > bundle.MaxID {
		d.tell(fmt.Errorf("client: a bundle has no id: %s", why))
		return nil
	}
	d.conclude(bundle.Event{ID: id, Outcome: bundle.Refused, Err: why})
	return nil
}

func (d *Device) wake() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}
