package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// DeviceOptions are what a device can do. Its handlers run one at a time, on a goroutine of the Device, so they need no locks among each other; what
// takes long belongs on a goroutine of their own, for commands wait for them. A handler that panics has failed with a
// *PanicError, and nothing else happens.
type DeviceOptions struct {
	// Commands are what bundles can ask for, by their names.
	Commands map[string]func(*Device, Args) error
	// Setup runs before anything else; its error is Device's.
	Setup func(*Device) error
	// Loop runs Every so often, a second unless said, but not where it would hold up a command, going by how long it took last time.
	Loop  func(*Device) error
	Every time.Duration
	// OnDesired hears, at first and after each change, that there are desired values; see Device.Desired.
	OnDesired func(*Device) error
	// Moments is for a device that sees the video of a call: it is asked to tell when a moment comes that a bundle waits for, or has come, by which method it knows, and by how much the
	// moment's frame was before that. came may be called on any goroutine, also before Moments returns; cancel, which may be nil, when the bundle is over. Without Moments, and where it doesn't
	// tell in time, a bundle runs at its deadline.
	Moments func(m Moment, deadline time.Time, came func(method string, off time.Duration)) (cancel func())
	// OnError hears what handlers failed with, of bundles that did not run, or not to their end, because they were late, the clock was not good
	// enough or a command is not known, and of reports that the CA doesn't take. The default logs it.
	OnError func(error)
}

// Device is this program as a device of a CA, which answers for it while it is away: it follows desired values, runs Timed Bundles at their
// instants, and reports values and what became of the bundles. Its methods may be called from many goroutines.
type Device struct {
	c       *Client
	name    string
	opt     DeviceOptions
	ctx     context.Context // ends with the device; its cause tells why
	end     context.CancelCauseFunc
	ca      *CA
	desired *Map
	bundles *Map
	todo    *dispatcher   // of its maps' handlers: bundles wait for nobody else's
	done    chan struct{} // closed when all goroutines are over

	scheduler bundle.Scheduler // of the goroutine that runs handlers, as are the next two
	pace      pace
	awaited   map[string]func() // what no longer tells of a moment, by the bundle's id
	poke      chan struct{}     // has one element when something has arrived

	mu      sync.Mutex
	arrived []*bundle.Bundle
	came    []came
	turned  bool // desired values have changed
	outbox  outbox
}

// errDeviceClosed is the cause of an end that was wanted.
var errDeviceClosed = errors.New("client: the device is closed")

// Device makes this program a device of a CA, app:owner/local, by a name of up to 54 of a-z 0-9 and -. It returns once the device's maps are there, the CA knows it and Setup has run.
// The Client's token is the device's own, which tx.Device(name).Token makes, or the owner's.
//
// A device of the same name that comes later takes over: this one ends with an error of the code conflict. With a token that is not
// valid any more it ends with unauthenticated. Errors are *Error if the server refuses, Setup's, ctx's, or ErrClosed.
func (c *Client) Device(ctx context.Context, ca, name string, opt DeviceOptions) (*Device, error) {
	if err := checkDevice(name); err != nil {
		return nil, err
	}
	d := newDevice(c, name, opt)
	if err := d.open(ctx, ca); err != nil {
		d.end(err)
		d.shut()
		return nil, err
	}
	if err := d.guard("setup", d.opt.Setup); err != nil {
		d.end(err)
		d.shut()
		return nil, err
	}
	d.start()
	return d, nil
}

func checkDevice(s string) error {
	if err := name.CheckLabel(s); err != nil || len(s) > name.MaxLabel-len("-reported") {
		return wire.Err(wire.BadRequest, "The name of a device has 1 to 54 of a-z 0-9 and -, no hyphen at either end.")
	}
	return nil
}

func newDevice(c *Client, name string, opt DeviceOptions) *Device {
	d := &Device{c: c, name: name, opt: opt, done: make(chan struct{}), todo: newDispatcher(), poke: make(chan struct{}, 1), outbox: newOutbox(), awaited: map[string]func(){}}
	if d.opt.OnError == nil {
		d.opt.OnError = func(err error) { logError(name, err) }
	}
	if d.opt.Every <= 0 {
		d.opt.Every = time.Second
	}
	d.ctx, d.end = context.WithCancelCause(c.ctx)
	d.scheduler.Knows = func(command string) bool { return opt.Commands[command] != nil }
	return d
}

func logError(device string, err error) {
	var p *PanicError
	if errors.As(err, &p) {
		slog.Error("a device's handler panicked", "device", device, "error", err, "stack", string(p.Stack))
		return
	}
	slog.Error("a device's handler or report failed", "device", device, "error", err)
}

// open subscribes to the maps, and takes the session of the device's name.
func (d *Device) open(ctx context.Context, ca string) (err error) {
	d.ca = d.c.CA(ca, CAOptions{Session: d.name, OnClose: d.lost})
	d.c.do(func() {
		d.c.devices[d] = true
		d.c.wg.Go(d.todo.run)
	})
	maps := ca + "/" + d.name
	if d.desired, err = d.c.openMap(ctx, maps+"-desired", MapOptions{OnChange: d.desire, OnState: d.watch}, d.todo); err != nil {
		return err
	}
	if d.bundles, err = d.c.openMap(ctx, maps+"-bundles", MapOptions{OnChange: d.arrive, OnState: d.watch}, d.todo); err != nil {
		return err
	}
	return d.deliver(ctx, &parcel{}) // a CA knows devices that have its owner's own token by their first report
}

// start runs the device's goroutines, unless the Client is closed.
func (d *Device) start() {
	ended := true
	d.c.do(func() {
		ended = false
		d.c.wg.Go(func() {
			defer close(d.done)
			var reporter sync.WaitGroup
			reporter.Go(d.report)
			d.run()
			reporter.Wait()
			d.shut()
		})
	})
	if ended {
		d.shut()
		close(d.done)
	}
}

// shut gives the maps and the session back.
func (d *Device) shut() {
	for _, m := range []*Map{d.desired, d.bundles} {
		if m != nil {
			m.Close()
		}
	}
	d.c.do(func() { delete(d.c.devices, d) })
	d.ca.Close()
	d.todo.close()
}

// Name is the device's.
func (d *Device) Name() string { return d.name }

// Context ends with the device.
func (d *Device) Context() context.Context { return d.ctx }

// Close ends the device, after its handler and with what is left to report, for which it has a second. Handlers must not call it.
func (d *Device) Close() error {
	d.end(errDeviceClosed)
	<-d.done
	return nil
}

// Wait waits for the device's end, and tells why it came: nil after Close, a *Error if the server has refused, such as conflict, or ErrClosed.
func (d *Device) Wait() error {
	<-d.done
	switch cause := context.Cause(d.ctx); cause {
	case errDeviceClosed:
		return nil
	case context.Canceled:
		return ErrClosed
	default:
		return cause
	}
}

// Done is closed at the device's end.
func (d *Device) Done() <-chan struct{} { return d.done }

// lost hears that the server has closed the session for good.
func (d *Device) lost(err error) { d.end(explain(d.name, err)) }

// watch hears that something has become of the maps.
func (d *Device) watch(MapState) { d.wake() }

// check ends the device when its maps can't be read any more.
func (d *Device) check() {
	for _, m := range []*Map{d.desired, d.bundles} {
		if state, err := m.State(); state == MapEnded {
			d.end(explain(d.name, err))
		}
	}
}

// explain says, of what ended a device, what is to be done.
func explain(device string, err error) error {
	var coded *wire.Error
	if !errors.As(err, &coded) {
		return err
	}
	switch coded.Code {
	case wire.Conflict:
		return wire.Err(wire.Conflict, "Another gadget called "+device+" has taken over. Stop that one first, or give this one another name.")
	case wire.Unauthenticated:
		return wire.Err(wire.Unauthenticated, "The token of the device "+device+" is not valid any more; perhaps it has a newer one. Get a new token for it.")
	}
	return fmt.Errorf("client: the device %s can't go on: %w", device, coded)
}
