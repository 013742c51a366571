package server

import (
	"fmt"
	"iter"

	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Map is a SharedMap that this CA writes: texts of 1 to 256 bytes to plain values of up to 256 KiB. What a message changes in its maps commits with the message, or
// not at all, and shows in all replicas at once. Who may replicate a map is a rule that bears its name: tx.Allow(server.Anyone(), "board").
//
// A map begins with its first entry. It holds up to 2,097,152 entries, 1 GiB in all; a CA has up to 256 maps. One message may change 100,000 entries, of 16 MiB together,
// 16 bytes for each counted in. The maps channels, subscriptions and pending-subscriptions are the framework's: they can be read. A change that is not possible fails the whole message, whatever its method returns: all maps stay as they were.
type Map struct {
	tx    *Tx
	own   replica.Own
	label string
	View
}

// Map is one of the CA's own maps, by its label: 1 to 63 of a-z 0-9 and -, no hyphen at either end.
func (tx *Tx) Map(label string) Map {
	own := tx.class.srv.maps.Own(tx.tx, label)
	return Map{tx, own, label, View{tx, label, ownSource{own}}}
}

// Set gives a key a value. The error tells which limit is in the way, or what is wrong with the key or the value.
func (m Map) Set(key string, value any) error {
	m.tx.changes("Map.Set")
	packed, err := marshal(value)
	if err == nil {
		err = m.check(key)
	}
	if err == nil {
		err = m.own.Set(key, packed)
	}
	return m.failed("set "+clip(key), err)
}

// Delete removes an entry, and tells whether there was one.
func (m Map) Delete(key string) (was bool, err error) {
	m.tx.changes("Map.Delete")
	if err = m.check(key); err == nil {
		was, err = m.own.Delete(key)
	}
	return was, m.failed("delete "+clip(key), err)
}

// Clear removes all entries, and leaves the methods.
func (m Map) Clear() error {
	m.tx.changes("Map.Clear")
	if err := m.mine(); err != nil {
		return m.failed("clear", err)
	}
	var all []string
	for key := range m.All() {
		all = append(all, key)
	}
	for _, key := range all {
		if _, err := m.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// check tells why an entry can't be the app's to change.
func (m Map) check(key string) error {
	if err := m.mine(); err != nil {
		return err
	}
	return sharedmap.CheckKey(key)
}

// mine keeps what the framework shows in maps of its own apart from what the app keeps.
func (m Map) mine() error {
	if channel.Shows(m.label) {
		return fmt.Errorf("the label belongs to the framework, which shows this assistant's channels and subscriptions there; choose another one for the app's own, such as my-%s", m.label)
	}
	return nil
}

func (m Map) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("map %s: %s: %w", m.label, what, err)
	m.tx.fail(err)
	return err
}

// View is what can be read of a map; it stays the same for the length of the message, but for what the message itself changes. Read gives those of others.
type View struct {
	tx    *Tx
	label string
	source
}

// source is where a View reads from.
type source interface {
	look(do func(replica.Snapshot)) error
	version() (epoch, version uint64)
}

// ownSource is a CA's own map, with what the message has changed.
type ownSource struct{ own replica.Own }

func (s ownSource) look(do func(replica.Snapshot)) error { return s.own.Look(do) }
func (s ownSource) version() (epoch, version uint64)     { return s.own.Version() }

// fixed is a map that does not change.
type fixed struct{ m *sharedmap.Map }

func (s fixed) look(do func(replica.Snapshot)) error { do(s.m); return nil }
func (s fixed) version() (epoch, version uint64)     { return s.m.Epoch(), s.m.Version() }

// Read is a map as this message sees it: another CA's by its full name, bob/home/board or app:bob/home/board, or one's own by its label. A map that is not there
// is empty. The error is not_allowed or unavailable, by the policy of the map's CA; it does not fail the message by itself.
func (tx *Tx) Read(full string) (View, error) {
	n, err := tx.mapName(full)
	if err != nil {
		return View{}, err
	}
	m, err := tx.class.srv.maps.Read(tx.tx, n)
	return View{tx, n.Item, fixed{m}}, err
}

// Watch has a method, one that takes a Change, called when a map has changed: one's own by its label, or another CA's that this one may read. It is
// durable: after a restart it is called if the map is at another version than the one handled last. Many changes may come as one call; the first one
// comes soon. Reading a map needs no Watch: it is always the newest. A method that changes the map it watches is called again for it. A CA watches up to 256 maps.
func (tx *Tx) Watch(full, method string) error {
	tx.changes("Watch")
	n, err := tx.mapName(full)
	if m := tx.class.methods[method]; err == nil && (m == nil || m.handler != typeChange) {
		err = fmt.Errorf("there is no method %s that takes a server.Change", method)
	}
	if err == nil {
		err = tx.class.srv.watches.Watch(tx.tx, n, method)
	}
	if err != nil {
		err = fmt.Errorf("watch %s: %w", clip(full), err)
		tx.fail(err)
	}
	return err
}

// Unwatch ends a Watch, and tells whether there was one.
func (tx *Tx) Unwatch(full string) bool {
	tx.changes("Unwatch")
	n, err := tx.mapName(full)
	return err == nil && tx.class.srv.watches.Unwatch(tx.tx, n)
}

// mapName completes a map's name with this CA's.
func (tx *Tx) mapName(full string) (name.Name, error) {
	self := tx.tx.Self()
	if name.CheckLabel(full) == nil {
		self.Item = full
		return self, nil
	}
	n, err := name.Parse(full)
	if err != nil || n.Kind() != name.Item || n.Host != "" {
		return n, wire.Err(wire.BadRequest, "A map is named owner/ca/map, or app:owner/ca/map, of this server: "+clip(full)+" is not.")
	}
	return n.In(self.App), nil
}

// Get sets into, a pointer, to the value of a key, and tells whether there is one.
func (v View) Get(key string, into any) (ok bool, err error) {
	v.read(func(s replica.Snapshot) {
		var value []byte
		if value, ok = s.Get(key); ok && !sharedmap.IsMethod(key) {
			err = decoding.Unmarshal(value, into)
		} else {
			ok = false
		}
	})
	return ok, err
}

// Has tells whether there is an entry with this key.
func (v View) Has(key string) (ok bool) {
	v.read(func(s replica.Snapshot) { _, ok = s.Get(key) })
	return ok && !sharedmap.IsMethod(key)
}

// Len is the number of entries.
func (v View) Len() (n int) {
	v.read(func(s replica.Snapshot) { n = s.Len() })
	return n
}

// Value is an entry's value, not decoded yet.
type Value struct{ raw []byte }

// Decode sets into, a pointer, to the value.
func (v Value) Decode(into any) error { return decoding.Unmarshal(v.raw, into) }

// All goes through the entries, in an order that is always the same for the same keys. The map may be changed meanwhile: what is visited is as it was at the beginning.
func (v View) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		var entries iter.Seq2[string, []byte]
		v.read(func(s replica.Snapshot) { entries = s.All() })
		if entries == nil {
			return
		}
		for key, value := range entries {
			if !sharedmap.IsMethod(key) && !yield(key, Value{value}) {
				return
			}
		}
	}
}

// Version counts the messages that have changed the map, since it was made; 0 where there is none. What this message changes is not counted yet.
func (v View) Version() uint64 {
	_, version := v.version()
	return version
}

func (v View) read(do func(replica.Snapshot)) {
	if v.source == nil {
		return // what Read returned with an error
	}
	if err := v.look(do); err != nil {
		v.tx.fail(fmt.Errorf("map %s: %w", v.label, err))
	}
}
