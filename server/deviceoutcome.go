package server

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
)

// Outcome tells OnOutcome what became of a bundle on its device. Instants are of the server's clock, as the device knew it.
type Outcome struct {
	Device string
	Bundle string // as Bundle.ID said
	// Result is done; late: dropped, for its time was missed; replaced: another one began before it had ended; expired: it came too late to start at all; refused: the
	// device's clock is not sure enough, or too many wait there; failed: a handler's error; or unknown: the device has no such command.
	Result  string
	Command string        // which one this is about: the last that ran, or the one that did not; empty where there is none
	Due     time.Time     // when that command should have run
	Ran     time.Time     // when it did; zero if it never ran
	Bound   time.Duration // by how much the device's clock could be wrong then
	Err     string        // what there is to say of it, in people's words
	// Method tells, of a bundle that ran with media, how its moment was found: frame, by the frame itself, others of a device that does it in another way, or deadline, where it was not. Empty for
	// other bundles, and for one that did not start.
	Method string
	Off    time.Duration // by how much the moment's frame was before the start, as far as the device knows; less than 0 if it came after
}

var results = []bundle.Outcome{bundle.Done, bundle.Late, bundle.Replaced, bundle.Expired, bundle.Refused, bundle.Failed, bundle.Unknown}

const onOutcome = "OnOutcome"

var typeOutcome = reflect.TypeFor[Outcome]()

// forDevices tells whether a method's name, or its parameter, belongs to what the framework does with devices.
func forDevices(m reflect.Method) bool {
	if ownMethod(m.Name) != nil || m.Name == onOutcome {
		return true
	}
	return m.Type.NumIn() > 2 && m.Type.In(1) == typeTx && m.Type.In(2) == typeOutcome
}

// addForDevices takes the app's method for outcomes, and no other.
func (c *class) addForDevices(m reflect.Method) error {
	t := m.Type
	switch {
	case m.Name == reportMethod:
		return errors.New("the name belongs to the framework: devices report by it, and OnOutcome hears of it; choose another")
	case ownMethod(m.Name) != nil:
		return errors.New("the name belongs to the framework: every assistant has this method, for its devices; choose another")
	case m.Name != onOutcome:
		return errors.New("only OnOutcome takes a server.Outcome")
	case t.NumIn() != 3 || t.In(1) != typeTx || t.In(2) != typeOutcome || t.NumOut() != 1 || t.Out(0) != typeError:
		return fmt.Errorf("the name is for what becomes of devices' bundles: it must be func(%s) error", signature([]reflect.Type{typeOutcome}))
	}
	c.methods[m.Name] = &method{name: m.Name, call: m.Func, handler: typeOutcome, hasError: true}
	return nil
}

// hears tells whether the app wants to hear of outcomes.
func (c *class) hears() bool { return c.methods[onOutcome] != nil }

// outcome is one as it is reported, and kept for OnOutcome: [device, bundle, result, command, due, ran, bound, error, method, off].
type outcome struct {
	device, id, result, command string
	due, ran, bound             int64 // µs
	err, method                 string
	off                         int64 // µs
}

const (
	outcomeElements = 10
	outcomeBefore   = 8 // of one that was stored when there were no moments
)

func (o *outcome) append(dst []byte) []byte {
	dst = cbor.AppendArrayHeader(dst, outcomeElements)
	for _, text := range []string{o.device, o.id, o.result, o.command} {
		dst = cbor.AppendText(dst, text)
	}
	for _, n := range []int64{o.due, o.ran, o.bound} {
		dst = cbor.AppendInt(dst, n)
	}
	return cbor.AppendInt(cbor.AppendText(cbor.AppendText(dst, o.err), o.method), o.off)
}

func newOutcome(m *actor.Message) Outcome { return outcomeOf(m.Args) }

func outcomeOf(encoded []byte) Outcome {
	r := cbor.NewReader(encoded)
	n := r.Array()
	o := Outcome{Device: r.Text(), Bundle: r.Text(), Result: r.Text(), Command: r.Text()}
	o.Due, o.Ran, o.Bound, o.Err = instant(r.Int()), instant(r.Int()), micros(r.Int()), r.Text()
	if n > outcomeBefore {
		o.Method, o.Off = r.Text(), micros(r.Int())
	}
	return o
}

// instant is the zero Time for 0.
func instant(µs int64) time.Time {
	if µs == 0 {
		return time.Time{}
	}
	return clock.FromMicros(µs)
}

// micros is a duration, or the longest where it has no end.
func micros(µs int64) time.Duration {
	if µs > math.MaxInt64/int64(time.Microsecond) {
		return math.MaxInt64
	}
	return time.Duration(µs) * time.Microsecond
}

// Outcomes are told in transactions of their own, after the one that took the report: an OnOutcome that fails is taken back and logged, loses no
// other outcome, and the device, which has its answer, doesn't repeat anything.

// tell has OnOutcome called for an outcome.
func (p *devices) tell(o outcome) {
	p.number++
	packed := o.append(nil)
	p.outcomes = append(slices.Clip(p.outcomes), waiting{p.number, packed})
	p.put(outcomeKey(p.number), packed)
}

// nextOutcome is the message for the outcome that has waited longest.
func (p *devices) nextOutcome(int64) *actor.Message {
	if len(p.outcomes) == 0 {
		return nil
	}
	first := p.outcomes[0]
	return &actor.Message{Kind: actor.Changed, Method: onOutcome, Args: first.outcome, Ext: first.number}
}

// told crosses an outcome off, whatever OnOutcome said.
func (p *devices) told(number uint64) {
	if len(p.outcomes) > 0 && p.outcomes[0].number == number {
		p.outcomes = p.outcomes[1:]
		p.remove(outcomeKey(number))
	}
}
