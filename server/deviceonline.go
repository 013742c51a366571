package server

import (
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
)

// Online tells whether somebody drives the device now: a tab or a gadget that shows itself to those who look at its desired values, as the client libraries do once a device runs. It is as of now,
// also if the message comes to be handled a second time.
func (d Device) Online() bool {
	return d.err == nil && d.tx.class.srv.devices.online(d.tx.tx.Self(), d.name)
}

// online looks for the device among those who show something in its map of desired values.
func (f *deviceFeature) online(ca name.Name, device string) bool {
	of := ca
	of.Item = device + desiredMap
	return f.shows(of, ca.Owner, func(value []byte) bool { return showsDevice(value, device) })
}

// showsDevice tells whether a presence is that of a device: a map {"device": its name, …}.
func showsDevice(value []byte, device string) bool {
	r := cbor.NewReader(value)
	if r.Kind() != cbor.KindMap {
		return false
	}
	for range r.Map() {
		if readKey(&r) == "device" {
			return r.Kind() == cbor.KindText && r.Text() == device
		}
		r.Skip()
	}
	return false
}

// What is shared is looked after: how often, and how long a device may be away before it ends.
const (
	lookEvery  = 20 * time.Second
	awayAtMost = time.Minute
)

// sharing is a device that is shared.
type sharing struct {
	device string
	away   int64 // since when nothing was heard of it, µs UTC; 0: it was there when we looked last
}

// share begins to look after a device.
func (p *devices) share(device string) {
	p.shared = append(slices.Clip(p.shared), sharing{device, p.now()})
	p.put(deviceKey(keyShared, device), []byte{})
}

func (p *devices) unshare(device string) {
	i := slices.IndexFunc(p.shared, func(s sharing) bool { return s.device == device })
	if i >= 0 {
		p.shared = slices.Delete(slices.Clone(p.shared), i, i+1)
		p.remove(deviceKey(keyShared, device))
	}
}

// hear notes that a device was heard of.
func (p *devices) hear(device string) {
	for i, s := range p.shared {
		if s.device == device && s.away != 0 {
			p.shared = slices.Clone(p.shared)
			p.shared[i].away = p.now()
		}
	}
}

// nextLapsed is the message that ends what is shared of a device that is gone.
func (p *devices) nextLapsed(now int64) *actor.Message {
	if len(p.shared) == 0 || now < p.lookAt {
		return nil
	}
	shared := slices.Clone(p.shared)
	for i := range shared {
		s := &shared[i]
		switch there := p.feature.online(p.ca.Name(), s.device); {
		case there:
			s.away = 0
		case s.away == 0:
			s.away = now
		case now-s.away >= awayAtMost.Microseconds():
			return &actor.Message{Kind: actor.Changed, Method: lapseMethod, Ext: lapsed(s.device)}
		}
	}
	p.shared, p.lookAt = shared, now+lookEvery.Microseconds()
	return nil
}

// lapsed names a device that nothing was heard of for too long.
type lapsed string

// takeLapsed ends what is shared of a device that is gone.
func (tx *Tx) takeLapsed(m *actor.Message) ([]byte, error) {
	return cbor.AppendNull(nil), tx.Device(string(m.Ext.(lapsed))).revoke()
}

// Idle keeps the CA in memory while a device that is shared is away: since when is not stored.
func (p *devices) Idle() bool {
	return !slices.ContainsFunc(p.shared, func(s sharing) bool { return s.away != 0 })
}
