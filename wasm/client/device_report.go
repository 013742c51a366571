package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of what waits to be reported, and of one report.
const (
	maxValues    = 1000
	maxOutcomes  = 1000
	maxValue     = 64 << 10
	reportBytes  = 256 << 10
	maxText      = 1000 // bytes of an error's text
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// lastWords is how long there is for what is left when the device is closed. Tests have more time.
var lastWords = time.Second

// outbox is what is to be reported, kept until the CA has it.
type outbox struct {
	values   map[string]reported
	outcomes []outcome // the oldest first
	number   uint64    // rises with each thing that is put in
	lost     int
	send     chan struct{} // has one element while there is something
}

type reported struct {
	value  cbor.RawMessage
	number uint64
}

// outcome is what became of a bundle, as it is reported. Instants are µs by the server's clock.
type outcome struct {
	ID      string `cbor:"id"`
	Outcome string `cbor:"outcome"`
	Command string `cbor:"command,omitempty"`
	Due     int64  `cbor:"due"`
	Ran     int64  `cbor:"ran"`
	Bound   int64  `cbor:"bound"`
	Error   string `cbor:"error,omitempty"`
	Method  string `cbor:"method,omitempty"`
	Off     int64  `cbor:"off,omitempty"`
	number  uint64
}

func newOutbox() outbox { return outbox{values: map[string]reported{}, send: make(chan struct{}, 1)} }

// Report says something of the device: the CA sets it in the device's reported map. nil takes it away. It is sent as soon as can be, and kept until
// then; of several values of one key the latest.
//
// A value has at most 64 KiB when encoded, and at most 1,000 keys wait.
func (d *Device) Report(key string, value any) error {
	encoded, err := encoding.Marshal(value)
	switch {
	case err != nil:
		return fmt.Errorf("client: what is to be reported of %q can't be encoded: %w", key, err)
	case len(encoded) > maxValue:
		return wire.Err(wire.TooLarge, "A reported value has at most 64 KiB.")
	}
	if err := sharedmap.CheckKey(key); err != nil {
		return err
	}
	if d.ctx.Err() != nil {
		return ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	o := &d.outbox
	if _, there := o.values[key]; !there && len(o.values) == maxValues {
		return wire.Err(wire.Overloaded, "A device has at most 1,000 values to report at a time; wait until it is connected.")
	}
	o.number++
	o.values[key] = reported{encoded, o.number}
	o.wake()
	return nil
}

// conclude reports what became of a bundle.
func (d *Device) conclude(e bundle.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outbox.add(outcome{
		ID: e.ID, Outcome: string(e.Outcome), Command: e.Command.Name, Due: e.Due, Ran: e.Ran, Bound: e.Bound, Error: clip(e.Err),
		Method: clipTo(e.Method, bundle.MaxName), Off: e.Off,
	})
}

// add keeps the latest outcomes.
func (o *outbox) add(out outcome) {
	if len(o.outcomes) == maxOutcomes {
		o.outcomes = o.outcomes[1:]
		o.lost++
	}
	o.number++
	out.number = o.number
	o.outcomes = append(o.outcomes, out)
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.send <- struct{}{}:
	default:
	}
}

// A parcel is what goes in one report.
type parcel struct {
	values   map[string]cbor.RawMessage
	outcomes []outcome
	upTo     uint64 // the number of the newest thing in it, and of all in the box at the time
}

// parcel takes a copy of what is in the box, as much as goes in one report; nil if there is nothing.
func (o *outbox) parcel() *parcel {
	if len(o.values) == 0 && len(o.outcomes) == 0 {
		return nil
	}
	p := &parcel{values: map[string]cbor.RawMessage{}, upTo: o.number}
	size := 0
	for _, out := range o.outcomes {
		if size += 200 + len(out.Error); size > reportBytes {
			break
		}
		p.outcomes = append(p.outcomes, out)
	}
	for key, v := range o.values {
		if size += len(key) + len(v.value); size > reportBytes && len(p.values)+len(p.outcomes) > 0 {
			break
		}
		p.values[key] = v.value
	}
	return p
}

// settle takes out what a parcel has brought to its end.
func (o *outbox) settle(p *parcel) {
	if n := len(p.outcomes); n > 0 {
		last := p.outcomes[n-1].number
		for len(o.outcomes) > 0 && o.outcomes[0].number <= last {
			o.outcomes = o.outcomes[1:]
		}
	}
	for key := range p.values {
		if o.values[key].number <= p.upTo {
			delete(o.values, key)
		}
	}
}

// report is the goroutine that reports.
func (d *Device) report() {
	pause := firstPause
	for {
		select {
		case <-d.outbox.send:
		case <-d.ctx.Done():
			d.lastReport()
			return
		}
		for d.ctx.Err() == nil {
			more, err := d.sendReport(d.ctx)
			if err != nil {
				pause = d.await(pause, err)
				continue
			}
			if pause = firstPause; !more {
				break
			}
		}
	}
}

// lastReport sends what is left when the device is closed.
func (d *Device) lastReport() {
	if context.Cause(d.ctx) != errDeviceClosed {
		return
	}
	ctx, cancel := context.WithTimeout(d.c.ctx, lastWords)
	defer cancel()
	for more, err := d.sendReport(ctx); more && err == nil; more, err = d.sendReport(ctx) {
	}
}

// sendReport sends a parcel; more is false if there was none. An error is one that may pass.
func (d *Device) sendReport(ctx context.Context) (more bool, err error) {
	d.mu.Lock()
	p, lost := d.outbox.parcel(), d.outbox.lost
	d.outbox.lost = 0
	d.mu.Unlock()
	if lost > 0 {
		d.tell(fmt.Errorf("client: %d outcomes of bundles were not reported, for too many waited", lost))
	}
	if p == nil {
		return false, nil
	}
	err = d.deliver(ctx, p)
	switch {
	case err == nil:
	case !d.hopeless(err):
		return true, err
	case len(p.values) > 0:
		p.outcomes = nil // which go once more, by themselves: a value was not taken
	}
	d.mu.Lock()
	d.outbox.settle(p)
	d.mu.Unlock()
	return true, nil
}

// deliver calls the CA's method for reports.
func (d *Device) deliver(ctx context.Context, p *parcel) error {
	values := p.values
	if values == nil {
		values = map[string]cbor.RawMessage{}
	}
	return d.ca.Call(ctx, nil, "DeviceReport", d.name, values, append([]outcome{}, p.outcomes...))
}

// hopeless tells whether a report is not to be repeated. What no other report could mend ends the device.
func (d *Device) hopeless(err error) bool {
	var coded *wire.Error
	if !errors.As(err, &coded) {
		return false
	}
	switch coded.Code {
	case wire.BadRequest, wire.TooLarge:
		d.tell(fmt.Errorf("client: a report was not taken: %w", err))
		return true
	case wire.NotAllowed, wire.NotFound, wire.Conflict, wire.Unauthenticated:
		d.end(explain(d.name, err))
	}
	return false
}

// await waits before a report is repeated, and tells how long to wait next time.
func (d *Device) await(pause time.Duration, err error) time.Duration {
	wait := pause
	var coded *wire.Error
	if errors.As(err, &coded) {
		wait = max(wait, time.Duration(min(coded.RetryAfter, longestPause.Milliseconds()))*time.Millisecond)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.ctx.Done():
	}
	return min(pause*2, longestPause)
}

// clip keeps texts for people within bounds.
func clip(s string) string { return clipTo(s, maxText) }

func clipTo(s string, bytes int) string {
	if len(s) > bytes {
		s = s[:bytes]
	}
	return strings.ToValidUTF8(s, "")
}
