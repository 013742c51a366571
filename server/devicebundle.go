package server

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// Bundle is a Timed Bundle: commands that a device runs at instants set beforehand, by its own estimate of the server's clock, so that what many devices do falls together. It
// is delivered whole or not at all, and replaces what is left of the one before at its own start.
//
//	b := server.NewBundle().Do("pin", true).After(340*time.Millisecond).Do("pin", false).Recover("pin", false)
//	err := tx.Device("buzzer").RunAt(at, b)
//
// It has up to 1,000 commands, 64 KiB, and lasts up to 24 h. A bundle may be given to several devices, each of which gets an id of its own.
type Bundle struct {
	made     bundle.Bundle
	after    time.Duration // until the next command
	within   time.Duration // how much later than its time it may start, where it may
	deadline time.Duration // after its moment
	err      error
}

// LatePolicy says what becomes of commands whose instants a device has missed.
type LatePolicy = bundle.Policy

// The policies. Drop is what a bundle does unless it says otherwise.
const (
	Drop    LatePolicy = bundle.Drop    // what is left of the bundle doesn't run; its recovery does
	RunNow  LatePolicy = bundle.RunNow  // all that was missed runs at once, in order
	RunRest LatePolicy = bundle.RunRest // what was missed is left out; the rest runs in time
)

// NewBundle begins a bundle. Errors in what is added are told when it is given to a device.
func NewBundle() *Bundle {
	return &Bundle{made: bundle.Bundle{Tolerance: bundle.DefaultTolerance, MaxBound: bundle.DefaultMaxBound}}
}

// Do adds a command of the device with its arguments, plain values: together with the one before, or later if After says so.
func (b *Bundle) Do(command string, args ...any) *Bundle {
	b.made.Commands = b.add(b.made.Commands, command, args)
	return b
}

// After has the next command come later than the one before, or than the bundle's start.
func (b *Bundle) After(d time.Duration) *Bundle {
	if d < 0 {
		b.fail(wire.Err(wire.BadRequest, "A command of a bundle can't come before the one that it follows."))
	}
	b.after += d
	return b
}

// Recover adds a command that runs at once when the bundle is replaced, dropped or fails on the way: what brings the device to rest.
func (b *Bundle) Recover(command string, args ...any) *Bundle {
	b.made.Recovery = b.add(b.made.Recovery, command, args)
	return b
}

// Late says what becomes of commands that the device has missed.
func (b *Bundle) Late(p LatePolicy) *Bundle {
	b.made.Late = p
	return b
}

// Tolerance is by how much a command may be late and still count as in time; 50 ms unless said.
func (b *Bundle) Tolerance(d time.Duration) *Bundle {
	b.made.Tolerance = b.micros(d)
	return b
}

// MaxBound has a device refuse the bundle if its clock may be wrong by more; 500 ms unless said, 0 for any clock.
func (b *Bundle) MaxBound(d time.Duration) *Bundle {
	b.made.MaxBound = b.micros(d)
	return b
}

// Within is how much later than its time a bundle that may run late can start; a day unless said.
func (b *Bundle) Within(d time.Duration) *Bundle {
	b.within = d
	return b
}

// ID names the bundle as it was last given to a device, for OnOutcome; empty before.
func (b *Bundle) ID() string { return b.made.ID }

func (b *Bundle) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *Bundle) add(list []bundle.Command, command string, args []any) []bundle.Command {
	packed, err := marshalAll(args)
	if err != nil {
		b.fail(wire.Err(wire.BadRequest, "The arguments of the command "+clip(command)+" can't be sent: "+clip(err.Error())+"."))
	}
	after := b.after.Microseconds()
	b.after = 0
	return append(list, bundle.Command{After: after, Name: command, Args: packed})
}

func (b *Bundle) micros(d time.Duration) int64 {
	if d < 0 {
		b.fail(wire.Err(wire.BadRequest, fmt.Sprintf("A bundle's tolerance and bound can't be negative: %v.", d)))
	}
	return max(0, d.Microseconds())
}

// Limits of what waits for a device.
const (
	maxBundles  = 64
	maxAhead    = 366 * 24 * time.Hour
	longestLate = 24 * time.Hour // of a bundle that may run late and doesn't say how much
	overSince   = 24 * 3600 * 1_000_000
)

// RunAt has the bundle run at an instant. It waits with the CA, whether the device is there or not, and is the device's when this transaction has committed.
//
// The error tells why it can't be: bad_request for an instant that has passed or lies more than a year ahead, for commands or a bundle that can't be, not_found for
// a device that the CA doesn't know, too_large over the limits of a bundle, quota where 64 wait. It does not fail the message by itself.
func (d Device) RunAt(at time.Time, b *Bundle) error {
	d.tx.changes("Device.RunAt")
	now := d.tx.Now()
	switch ahead := at.Sub(now); {
	case at.IsZero():
		return wire.Err(wire.BadRequest, "The bundle has no time. Give it one, or use Run to have it run when it arrives.")
	case ahead < -micros(b.made.Tolerance):
		return wire.Err(wire.BadRequest, fmt.Sprintf("The bundle's time, %s, passed %s ago; it is %s now. Set a later one, or use Run to have it run when it arrives.",
			at.UTC().Format(time.RFC3339Nano), roughly(-ahead), now.UTC().Format(time.RFC3339Nano)))
	case ahead > maxAhead:
		return wire.Err(wire.BadRequest, fmt.Sprintf("The bundle's time, %s, is more than a year ahead. Set an earlier one, and a timer for what comes later.", at.UTC().Format(time.RFC3339)))
	}
	made := b.made
	made.At, made.Expires = clock.Micros(at), 0
	if made.Late != bundle.Drop {
		made.Expires = clock.Micros(at.Add(cmp.Or(b.within, longestLate)))
	}
	return d.give(b, made)
}

// Run has the bundle run as soon as it reaches the device, unless that takes longer than within. Bundles are no queue: of several that reach it together the last one
// replaces what is left of the others. Errors are as for RunAt.
func (d Device) Run(b *Bundle, within time.Duration) error {
	d.tx.changes("Device.Run")
	if within <= 0 || within > maxAhead {
		return wire.Err(wire.BadRequest, fmt.Sprintf("A bundle waits for its device at most a year, and at least a moment, not %v.", within))
	}
	made := b.made
	made.At, made.Expires = 0, clock.Micros(d.tx.Now().Add(within))
	return d.give(b, made)
}

// roughly is a duration that people can read.
func roughly(d time.Duration) time.Duration {
	switch {
	case d > time.Hour:
		return d.Round(time.Minute)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// give lets a bundle wait for the device.
func (d Device) give(b *Bundle, made bundle.Bundle) error {
	switch {
	case d.err != nil:
		return d.err
	case b.err != nil:
		return b.err
	case len(made.Commands) == 0:
		return wire.Err(wire.BadRequest, "The bundle is empty. Add commands to it with Do.")
	case !d.Known():
		return d.unknown()
	}
	made.ID = newBundleID()
	if err := made.Check(); err != nil {
		return err
	}
	if err := d.makeRoom(); err != nil {
		return err
	}
	b.made.ID = made.ID
	m := d.bundles()
	return m.failed("set "+made.ID, m.own.Set(made.ID, made.Append(nil)))
}

func newBundleID() string {
	var id [12]byte
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// makeRoom drops bundles whose time is over for good: those for which it has been for a day, and, where 64 wait, all of them. No outcome of these is told any more.
func (d Device) makeRoom() error {
	m, now := d.bundles(), d.tx.tx.Now()
	over := map[string]int64{}
	for id, v := range m.All() {
		over[id] = overAt(v.raw)
	}
	late := now - overSince
	if len(over) >= maxBundles {
		late = now
	}
	left := len(over)
	for id, at := range over {
		if at >= late {
			continue
		}
		if _, err := m.Delete(id); err != nil {
			return err
		}
		left--
	}
	if left >= maxBundles {
		return wire.Err(wire.Quota, fmt.Sprintf("The device %s has %d bundles waiting already. Wait until it has taken some, or forget it.", d.name, left))
	}
	return nil
}

// never is later than any instant.
const never = int64(1) << 62

// overAt is from when on nothing of a bundle can run any more, in µs UTC; 0 for what is no bundle.
func overAt(encoded []byte) int64 {
	b, err := bundle.Parse(encoded)
	if err != nil {
		return 0
	}
	start := b.Expires
	if b.At != 0 && b.Late != bundle.RunNow {
		start = b.At
	}
	if start == 0 {
		return never
	}
	return start + length(b.Commands) + length(b.Recovery) + b.Tolerance
}

func length(list []bundle.Command) (µs int64) {
	for i := range list {
		µs += list[i].After
	}
	return µs
}
