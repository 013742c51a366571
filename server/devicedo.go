package server

import (
	"fmt"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// DeviceDo(device, command, args, moment) has a device run one command, beside whatever else it runs, and answers the id of the bundle that it is. Args is an array; the moment, one of a page's call, is
// null or left out where there is none. It is for the owner, and for whom DeviceShare, or a rule, gives what the command takes: a rule has to name it, one that allows everything does not count. So an
// app may share a device by itself: tx.Allow(server.Principal("bob"), "DeviceDo", "lamp-write").
//
// What became of it stands under its id in the map device-log. A command waits for its device for 5 s, or until its deadline, and expires then. 32 commands wait for a device, 8 of one person and 24 of one CA; who
// asks for more is refused with quota, to try again in a second.

// A right is what a command takes.
type right string

const (
	toRead   right = "read"
	toWrite  right = "write"
	toNotify right = "notify"
)

var rights = []right{toRead, toWrite, toNotify}

// label is what rules and tokens name, of a device.
func (r right) label(device string) string { return device + "-" + string(r) }

// isRight tells whether a label is that of a right to use a device of this CA.
func (tx *Tx) isRight(label string) (is bool) {
	for _, r := range rights {
		if device, found := strings.CutSuffix(label, "-"+string(r)); found {
			tx.devices(func(p *devices) { is = p.find(device) >= 0 })
		}
	}
	return is
}

// takes tells the right that a command takes, by the word that it begins with.
func takes(command string) right {
	switch {
	case strings.HasPrefix(command, "read"):
		return toRead
	case strings.HasPrefix(command, "notify"), strings.HasPrefix(command, "subscribe"):
		return toNotify
	}
	return toWrite
}

// Limits of commands.
const (
	maxCommands     = 32 // that wait for a device
	maxCommandsEach = 8  // of one person
	maxCommandsOfCA = 24 // of one CA, which may speak for many: a meeting's for all who are in it
	commandWaits    = 5 * time.Second
	commandLate     = time.Second // by how much one may miss its deadline
	commandReported = time.Second // that the device has left to tell of it
	commandRetry    = 1000        // ms
)

// order is DeviceDo's arguments.
type order struct {
	device  string
	command bundle.Command
	moment  *Moment
}

func parseOrder(args []byte) (o order, err error) {
	malformed := wire.Err(wire.BadRequest, doMethod+" takes a device's name, a command, an array of its arguments, and a moment or null.")
	r, n, device, ok := deviceArgs(args, 3, 4)
	if !ok || r.Kind() != cbor.KindText {
		return o, malformed
	}
	o.device, o.command.Name = device, r.Text()
	if r.Kind() != cbor.KindArray {
		return o, malformed
	}
	o.command.Args = r.Raw()
	if n == 4 && r.Kind() != cbor.KindNull {
		o.moment = new(Moment)
		if r.Kind() != cbor.KindMap || o.moment.UnmarshalCBOR(r.Raw()) != nil {
			return o, malformed
		}
	}
	return o, checkDevice(device)
}

// takeDo handles a DeviceDo.
func (tx *Tx) takeDo(m *actor.Message) ([]byte, error) {
	o, err := parseOrder(m.Args)
	if err != nil {
		return nil, err
	}
	if err := tx.mayDo(m, o.device, o.command.Name); err != nil {
		return nil, err
	}
	id, err := tx.Device(o.device).do(m.From, o)
	return cbor.AppendText(nil, id), err
}

// mayDo decides whether a caller may have a device run a command.
func (tx *Tx) mayDo(m *actor.Message, device, command string) error {
	need := takes(command)
	label := need.label(device)
	if err := inScope(m, label, tx.tx.Now()); err != nil {
		return err
	}
	d := tx.gate().DecideNamed(tx.tx, m.From, label)
	switch {
	case d.Allowed:
		return nil
	case d.Code == wire.Unavailable:
		return wire.Retry(d.Code, "Whether you may "+need.what(device)+" of "+m.To.String()+" cannot be told at the moment. Try again shortly.", commandRetry)
	}
	return wire.Err(wire.NotAllowed, "You may not "+need.what(device)+" of "+m.To.String()+", as "+clip(command)+" does. Its owner, "+m.To.Owner+", decides who may"+tx.instead(m.From, device)+".")
}

// what puts a right into words.
func (r right) what(device string) string {
	switch r {
	case toRead:
		return "read from the device " + device
	case toNotify:
		return "have yourself notified by the device " + device
	}
	return "write to the device " + device
}

// instead tells what the caller may do.
func (tx *Tx) instead(caller name.Name, device string) string {
	var may []string
	for _, r := range rights {
		if tx.gate().DecideNamed(tx.tx, caller, r.label(device)).Allowed {
			may = append(may, string(r))
		}
	}
	if may == nil {
		return ""
	}
	return "; you may " + strings.Join(may, " and ")
}

// do gives a device a command.
func (d Device) do(by name.Name, o order) (id string, err error) {
	b := &Bundle{made: bundle.Bundle{Commands: []bundle.Command{o.command}, Beside: true, Tolerance: commandLate.Microseconds()}}
	made := b.made
	made.Expires = clock.Micros(d.tx.Now().Add(commandWaits))
	until := made.Expires
	if o.moment != nil {
		if made, err = d.withMoment(b, *o.moment); err != nil {
			return "", err
		}
		until = made.At + made.Tolerance
	}
	if err := d.roomFor(by); err != nil {
		return "", err
	}
	if err := d.give(b, made); err != nil {
		return "", err
	}
	c := command{device: d.name, id: b.ID(), by: by, name: o.command.Name, until: until + commandReported.Microseconds()}
	d.tx.devices(func(p *devices) { p.await(c) })
	return c.id, d.log(c)
}

// roomFor refuses a command too many.
func (d Device) roomFor(by name.Name) (err error) {
	most := maxCommandsEach
	if by.Local != "" {
		most = maxCommandsOfCA
	}
	d.tx.devices(func(p *devices) {
		all, own := p.waitFor(d.name, by)
		switch {
		case all >= maxCommands:
			err = wire.Retry(wire.Quota, fmt.Sprintf("The device %s has %d commands waiting already. Try again in a moment.", d.name, all), commandRetry)
		case own >= most:
			err = wire.Retry(wire.Quota, fmt.Sprintf("The device %s has %d commands of yours waiting already. Try again in a moment.", d.name, own), commandRetry)
		}
	})
	return err
}
