package server

import (
	"cmp"
	"slices"

	"github.com/wabgo/wab/internal/bundle"
)

// The map device-log tells who had a device do what, and what became of it: the last 50 commands by DeviceDo, each under its bundle's id. It is the owner's to read, and theirs with whom the device is
// shared.
const maxLogged = 50

// logged is a command as the log tells it. Instants are µs since 1970 UTC, as is the difference.
type logged struct {
	By      string `cbor:"by"`
	Command string `cbor:"command"`
	At      int64  `cbor:"at"`                // when DeviceDo took it
	Outcome string `cbor:"outcome,omitempty"` // as in Outcome; none while it waits
	Ran     int64  `cbor:"ran,omitempty"`
	Method  string `cbor:"method,omitempty"`
	Off     int64  `cbor:"off,omitempty"`
	Error   string `cbor:"error,omitempty"`
}

func (d Device) logs() Map { return d.tx.Map(d.name + logMap) }

// log enters a command, in the place of the oldest one.
func (d Device) log(c command) error {
	m := d.logs()
	if err := d.trim(m); err != nil {
		return err
	}
	return m.Set(c.id, logged{By: c.by.String(), Command: c.name, At: d.tx.tx.Now()})
}

func (d Device) trim(m Map) error {
	if m.Len() < maxLogged {
		return nil
	}
	type entry struct {
		id string
		at int64
	}
	var all []entry
	for id, v := range m.All() {
		var l logged
		_ = v.Decode(&l) // what is none goes first
		all = append(all, entry{id, l.At})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(b.at, a.at) })
	for _, old := range all[maxLogged-1:] {
		if _, err := m.Delete(old.id); err != nil {
			return err
		}
	}
	return nil
}

// logEnd enters what became of a command, if the log still has it.
func (d Device) logEnd(o outcome) error {
	m := d.logs()
	var l logged
	if found, err := m.Get(o.id, &l); err != nil || !found {
		return err
	}
	l.Outcome, l.Ran, l.Method, l.Off, l.Error = o.result, o.ran, o.method, o.off, o.err
	if o.result == string(bundle.Done) {
		l.Error = ""
	}
	return m.Set(o.id, l)
}
