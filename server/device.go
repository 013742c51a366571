package server

import (
	"fmt"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Device is a gadget, a browser tab or a service behind this CA, which answers for it while it is away: what it should be like stands in its desired map, what it
// says of itself in its reported one, and bundles wait for it in a third. They are maps of the CA like others: name-desired, name-reported and name-bundles, readable
// by whom a rule about that label lets. Two more tell with whom it is shared, and who had it do what: name-shared and name-log.
//
// The device is a client of the CA's owner, by a narrowed token (Token) or the owner's own. It is known from its first token on, or from its first report, until Forget. A CA
// has up to 64 devices.
type Device struct {
	tx   *Tx
	name string
	err  error
}

// The maps of a device, behind its name.
const (
	desiredMap  = "-desired"
	reportedMap = "-reported"
	bundlesMap  = "-bundles"
	sharedMap   = "-shared"
	logMap      = "-log"

	maxDeviceName = name.MaxLabel - len(reportedMap)
)

// Device is the device of that name: 1 to 54 of a-z 0-9 and -, no hyphen at either end. A malformed one fails the whole message, and all that is asked of the device tells why.
func (tx *Tx) Device(name string) Device {
	err := checkDevice(name)
	if err != nil {
		tx.fail(err)
	}
	return Device{tx, name, err}
}

func checkDevice(s string) error {
	err := name.CheckLabel(s)
	switch {
	case err != nil:
		return wire.Err(wire.BadRequest, "A device's name is a label: "+err.Error()+".")
	case len(s) > maxDeviceName:
		return wire.Err(wire.BadRequest, fmt.Sprintf("A device's name has at most %d characters.", maxDeviceName))
	}
	return nil
}

// Devices are the names of the devices that this CA knows, in alphabetical order.
func (tx *Tx) Devices() (names []string) {
	tx.devices(func(p *devices) {
		for _, d := range p.all {
			names = append(names, d.name)
		}
	})
	slices.Sort(names)
	return names
}

func (tx *Tx) devices(do func(*devices)) {
	tx.tx.Use(tx.class.srv.devices, func(p actor.Part) { do(p.(*devices)) })
}

// Name is the device's.
func (d Device) Name() string { return d.name }

// Known tells whether there is such a device: it has had a token, or has reported, and is not forgotten.
func (d Device) Known() (known bool) {
	if d.err == nil {
		d.tx.devices(func(p *devices) { known = p.find(d.name) >= 0 })
	}
	return known
}

// Desired holds what the device should be like: the app sets it, the device follows it.
func (d Device) Desired() Map { return d.tx.Map(d.name + desiredMap) }

// Reported holds what the device says of itself; it is there when the device is not.
func (d Device) Reported() Map { return d.tx.Map(d.name + reportedMap) }

func (d Device) bundles() Map { return d.tx.Map(d.name + bundlesMap) }

// Forget ends the device: its token ends when this transaction has committed, which closes its connections, and its maps are emptied. What runs with the owner's own
// token is a device again by its next report.
func (d Device) Forget() error {
	d.tx.changes("Device.Forget")
	if d.err != nil {
		return d.err
	}
	if err := d.unshare(); err != nil {
		return err
	}
	for _, m := range []Map{d.Desired(), d.Reported(), d.bundles(), d.logs()} {
		if err := m.Clear(); err != nil {
			return err
		}
	}
	d.tx.devices(func(p *devices) { p.forget(d.name) })
	return nil
}

// know has the CA know the device from now on, with the id of a token or none.
func (d Device) know(token string) (err error) {
	d.tx.devices(func(p *devices) { err = p.know(d.name, token) })
	return err
}

// unknown is the error for a device that is not there.
func (d Device) unknown() error {
	return wire.Err(wire.NotFound, "There is no device "+d.name+" here. Register it first, by a token of its own or its first report.")
}
