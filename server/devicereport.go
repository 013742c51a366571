package server

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// reportMethod is the framework's own method on every CA: DeviceReport(device, values, outcomes). Values is a map of what the device says of itself; null takes a key away. An
// outcome is a map {"id", "outcome", "command", "due", "ran", "bound", "error", "method", "off"}, all but the first two optional, instants in µs UTC of the server's clock, the bound in µs, and the
// difference between a bundle's start and its moment's frame; other keys are passed over. Outcomes of bundles that don't wait for the device, any more or at all, are too: so a report may be repeated.
const reportMethod = "DeviceReport"

// Limits of a report, and of what is kept of it. Sizes are in bytes.
const (
	maxValues        = 1000 // in a report, and in the reported map
	maxReportedValue = 64 << 10
	maxOutcomes      = 1000
)

// report is a DeviceReport's arguments.
type report struct {
	device   string
	values   []reportedValue
	outcomes []outcome
}

type reportedValue struct {
	key   string
	value []byte // one CBOR item
}

func badReport(what string, args ...any) error {
	return wire.Err(wire.BadRequest, "The report is malformed: "+fmt.Sprintf(what, args...)+".")
}

// parseReport reads arguments that anybody may have made up. Values share memory with them.
func parseReport(args []byte) (*report, error) {
	r := cbor.NewReader(args)
	if cbor.Check(args) != nil || r.Array() != 3 || r.Kind() != cbor.KindText {
		return nil, badReport("%s takes a device's name, a map of values and an array of outcomes", reportMethod)
	}
	out := &report{device: r.Text()}
	if err := checkDevice(out.device); err != nil {
		return nil, err
	}
	if err := out.readValues(&r); err != nil {
		return nil, err
	}
	if err := out.readOutcomes(&r); err != nil {
		return nil, err
	}
	return out, nil
}

func (out *report) readValues(r *cbor.Reader) error {
	if r.Kind() != cbor.KindMap {
		return badReport("values is no map")
	}
	n := r.Map()
	if n > maxValues {
		return wire.Err(wire.TooLarge, fmt.Sprintf("A report has at most %d values.", maxValues))
	}
	for range n {
		if r.Kind() != cbor.KindText {
			return badReport("the keys of values are texts")
		}
		v := reportedValue{r.Text(), r.Raw()}
		if err := sharedmap.CheckKey(v.key); err != nil {
			return err
		}
		if len(v.value) > maxReportedValue {
			return wire.Err(wire.TooLarge, "A reported value has at most 64 KiB: "+clip(v.key)+" has more.")
		}
		out.values = append(out.values, v)
	}
	return nil
}

func (out *report) readOutcomes(r *cbor.Reader) error {
	if r.Kind() != cbor.KindArray {
		return badReport("outcomes is no array")
	}
	n := r.Array()
	if n > maxOutcomes {
		return wire.Err(wire.TooLarge, fmt.Sprintf("A report has at most %d outcomes; send the rest in another one.", maxOutcomes))
	}
	for i := range n {
		o, err := readOutcome(r)
		if err != nil {
			return badReport("outcome %d: %s", i+1, err)
		}
		o.device = out.device
		out.outcomes = append(out.outcomes, o)
	}
	return nil
}

func readOutcome(r *cbor.Reader) (o outcome, err error) {
	if r.Kind() != cbor.KindMap {
		return o, errors.New("it is no map")
	}
	for range r.Map() {
		if r.Kind() != cbor.KindText {
			return o, errors.New("its keys are texts")
		}
		if key := r.Text(); !o.read(key, r) {
			return o, errors.New(key + " is not as it should be")
		}
	}
	switch {
	case o.id == "":
		return o, errors.New("it has no id")
	case !slices.Contains(results, bundle.Outcome(o.result)):
		return o, fmt.Errorf("there is no outcome %q", clip(o.result))
	}
	return o, nil
}

// read takes one field, and tells whether it could.
func (o *outcome) read(key string, r *cbor.Reader) bool {
	switch key {
	case "id":
		return readText(r, &o.id, bundle.MaxID)
	case "outcome":
		return readText(r, &o.result, bundle.MaxName)
	case "command":
		return readText(r, &o.command, bundle.MaxName)
	case "method":
		return readText(r, &o.method, bundle.MaxName)
	case "off":
		return readOff(r, &o.off)
	case "error":
		ok := readText(r, &o.err, len(r.Rest()))
		o.err = clip(o.err)
		return ok
	case "due":
		return readNumber(r, &o.due, bundle.MaxInstant)
	case "ran":
		return readNumber(r, &o.ran, bundle.MaxInstant)
	case "bound":
		return readNumber(r, &o.bound, math.MaxInt64)
	}
	r.Skip()
	return true
}

func readText(r *cbor.Reader, into *string, limit int) bool {
	if r.Kind() != cbor.KindText {
		return false
	}
	*into = r.Text()
	return len(*into) <= limit
}

// readOff takes a difference in µs, of a day at most, whole or not.
func readOff(r *cbor.Reader, into *int64) bool {
	switch r.Kind() {
	case cbor.KindUint, cbor.KindNint, cbor.KindFloat:
		off := r.Number()
		if math.IsNaN(off) {
			off = 0
		}
		*into = int64(math.Round(max(-bundle.MaxLength, min(off, bundle.MaxLength))))
		return r.Err() == nil
	}
	return false
}

// readNumber brings what is out of range into it: a clock that is far off must not cost a report its outcomes.
func readNumber(r *cbor.Reader, into *int64, limit uint64) bool {
	switch r.Kind() {
	case cbor.KindNint:
		r.Skip()
		*into = 0
	case cbor.KindUint:
		*into = int64(min(r.Uint(), limit))
	default:
		return false
	}
	return r.Err() == nil
}

// takeReport handles a DeviceReport.
func (tx *Tx) takeReport(m *actor.Message) ([]byte, error) {
	r, err := parseReport(m.Args)
	if err == nil {
		err = mayReport(m, r.device, tx.tx.Now())
	}
	if err == nil {
		err = tx.take(r)
	}
	return cbor.AppendNull(nil), err
}

// mayReport decides, after the policy, for whom a device may report: those who act for the CA's owner, by a token that opens the device's bundles too.
func mayReport(m *actor.Message, device string, now int64) error {
	if !m.To.AsOwner().Covers(m.From) {
		return wire.Err(wire.NotAllowed, "Only devices of "+m.To.Owner+" report to "+m.To.String()+".")
	}
	return inScope(m, device+bundlesMap, now)
}

// take enters a report into the maps.
func (tx *Tx) take(r *report) error {
	d := tx.Device(r.device)
	if !d.Known() {
		if err := d.know(""); err != nil {
			return err
		}
	}
	tx.devices(func(p *devices) { p.hear(r.device) })
	if err := d.takeValues(r.values); err != nil {
		return err
	}
	for _, o := range r.outcomes {
		if err := d.conclude(o); err != nil {
			return err
		}
	}
	return nil
}

// conclude takes a bundle away that has come to its end. It is nothing new where there is none.
func (d Device) conclude(o outcome) error {
	m := d.bundles()
	waited := m.Has(o.id)
	if waited {
		if _, err := m.Delete(o.id); err != nil {
			return err
		}
	}
	asked := false
	d.tx.devices(func(p *devices) { asked = p.settle(d.name, o.id) })
	if asked {
		if err := d.logEnd(o); err != nil {
			return err
		}
	}
	if !waited && !asked {
		return nil
	}
	if d.tx.class.hears() {
		d.tx.devices(func(p *devices) { p.tell(o) })
	}
	return nil
}

func (d Device) takeValues(values []reportedValue) error {
	m := d.Reported()
	for _, v := range values {
		var err error
		if string(v.value) == cbor.Null {
			_, err = m.Delete(v.key)
		} else {
			err = m.failed("set "+clip(v.key), m.own.Set(v.key, v.value))
		}
		if err != nil {
			return err
		}
	}
	if m.Len() > maxValues {
		return wire.Err(wire.TooLarge, fmt.Sprintf("A device reports at most %d values; take some away by null.", maxValues))
	}
	return nil
}
