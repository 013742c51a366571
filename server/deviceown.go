package server

import (
	"errors"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// The framework's own methods, which every CA has for its devices.
const (
	shareMethod  = "DeviceShare"
	revokeMethod = "DeviceRevoke"
	sharedMethod = "DeviceShared"
	doMethod     = "DeviceDo"
)

// Messages of a CA's devices to itself, by names that no app's method can have.
const (
	expireMethod = "device-expire"
	lapseMethod  = "device-lapse"
)

// ownMethod handles messages for a method of the framework's; nil for any other.
func ownMethod(method string) func(*Tx, *actor.Message) ([]byte, error) {
	switch method {
	case reportMethod:
		return (*Tx).takeReport
	case shareMethod:
		return (*Tx).takeShare
	case revokeMethod:
		return (*Tx).takeRevoke
	case sharedMethod:
		return (*Tx).takeShared
	case doMethod:
		return (*Tx).takeDo
	}
	return nil
}

// mayRule tells whether a rule may name a method of the framework's: all can be denied, but nobody is allowed what is only for those who act for the owner.
func mayRule(method string, deny bool) bool {
	return method == doMethod || deny && ownMethod(method) != nil
}

// own runs a method of the framework's, or a message of its own.
func (tx *Tx) own(instance any, m *actor.Message) (result []byte, err error, is bool) {
	run := ownMethod(m.Method)
	if forChannels(m) {
		run = func(tx *Tx, m *actor.Message) ([]byte, error) { return tx.takeForChannels(instance, m) }
	}
	switch {
	case forChannels(m):
	case m.Kind == actor.Changed && m.Method == expireMethod:
		run = (*Tx).takeExpired
	case m.Kind == actor.Changed && m.Method == lapseMethod:
		run = (*Tx).takeLapsed
	case run == nil || !m.Kind.External():
		return nil, nil, false
	}
	if result, err = run(tx, m); err == nil {
		err = tx.err
	}
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		err = e // of the framework's own: its code stays
	}
	return result, err, true
}

// asOwner refuses who doesn't act for the CA's owner.
func asOwner(m *actor.Message, only string) error {
	if m.To.AsOwner().Covers(m.From) {
		return nil
	}
	return wire.Err(wire.NotAllowed, "Only "+m.To.Owner+" "+only+" "+m.To.String()+".")
}

// inScope refuses where the token of the one who asks does not open an item too.
func inScope(m *actor.Message, item string, now int64) error {
	return bus.ScopeOf(m).Permits(m.To, item, now)
}

// deviceArgs begins to read the arguments of a method: so many at least, and at most, the first of them a device's name.
func deviceArgs(args []byte, least, most int) (r cbor.Reader, n int, device string, ok bool) {
	r = cbor.NewReader(args)
	if cbor.Check(args) != nil {
		return r, 0, "", false
	}
	if n = r.Array(); n < least || n > most || r.Kind() != cbor.KindText {
		return r, 0, "", false
	}
	return r, n, r.Text(), true
}

// texts reads an array of short texts, each once; ok is false where it is none, or longer than most.
func texts(r *cbor.Reader, most int) (all []string, ok bool) {
	if r.Kind() != cbor.KindArray {
		return nil, false
	}
	n := r.Array()
	for range min(n, most) {
		if r.Kind() != cbor.KindText {
			return nil, false
		}
		if t := r.Text(); !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all, n <= most
}
