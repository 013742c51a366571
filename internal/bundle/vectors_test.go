package bundle_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/wabgo/wab/internal/bundle"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectorsFile = "testdata/scheduler.json"

// The vectors are what this scheduler answers to random inputs, for those in other languages to be held to. A step is one input, then what it
// tells, then Wake:
//
//	["add", now, bundle], ["tick", now, bound], ["ran", id, n, at, failure] or ["moment", now, moment, method, off]
//	["run", id, command, n, due, recovery, method, off] or ["end", id, outcome, command, due, ran, bound, text, method, off]
//
// A bundle is [id, at, expires, late, tolerance, maxBound, commands, recovery, moment, beside], a command [after, name, args], a moment [room, member, action, at]
// or null. Commands called "no" are not known.
type vectorStep struct {
	In   []any   `json:"in"`
	Out  [][]any `json:"out"`
	Wake int64   `json:"wake"`
}

// A writer treats a scheduler badly, and writes down what it says.
type writer struct {
	*rand.Rand
	s     bundle.Scheduler
	now   int64
	open  *bundle.Event
	plan  []*bundle.Bundle
	steps []vectorStep
}

func newWriter(seed uint64) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), now: 1_000_000}
	w.s.Knows = func(name string) bool { return name != "no" }
	return w
}

func (w *writer) commands(most int) (list []bundle.Command) {
	names := []string{"on", "off", "up", "down", "on", "off", "up", "down", "no"}
	for range w.IntN(most) {
		list = append(list, bundle.Command{After: int64(w.IntN(5) * w.IntN(10)), Name: names[w.IntN(len(names))]})
	}
	return list
}

func (w *writer) bundle() *bundle.Bundle {
	b := &bundle.Bundle{
		ID: string(rune('a' + len(w.plan))), Late: bundle.Policy(w.IntN(3)), Tolerance: 3, Commands: w.commands(5), Recovery: w.commands(3),
		MaxBound: int64(w.IntN(3) * 10),
	}
	if w.IntN(4) > 0 {
		b.At = w.now + int64(w.IntN(60)-10)
	}
	if w.IntN(3) == 0 && b.At != 0 {
		b.Moment = bundle.Moment{Room: "r", Member: "m", Action: uint32(1 + w.IntN(3)), At: max(1, b.At-20)}
	}
	if b.Beside = w.IntN(4) == 0; b.Beside {
		for i := range b.Commands {
			b.Commands[i].After = 0
		}
	}
	if w.IntN(3) == 0 {
		b.Expires = max(w.now, b.At) + int64(w.IntN(20))
	}
	return b
}

func (w *writer) step() {
	switch w.IntN(8) {
	case 7:
		w.moment()
	case 0:
		if len(w.plan) < 10 {
			w.plan = append(w.plan, w.bundle())
		}
		w.add(w.plan[len(w.plan)-1])
	case 1:
		w.now += int64(w.IntN(80) - 40)
	case 2, 3:
		w.ran()
	default:
		if wake := w.s.Wake(); wake > w.now {
			w.now = wake
		}
		w.now += int64(w.IntN(3))
	}
	bound := int64(w.IntN(14))
	w.s.Tick(w.now, bound)
	w.tell("tick", w.now, bound)
}

func (w *writer) add(b *bundle.Bundle) {
	w.s.Add(w.now, b)
	var moment []any
	if m := b.Moment; m != (bundle.Moment{}) {
		moment = []any{m.Room, m.Member, m.Action, m.At}
	}
	w.tell("add", w.now, []any{b.ID, b.At, b.Expires, b.Late, b.Tolerance, b.MaxBound, asVectors(b.Commands), asVectors(b.Recovery), moment, b.Beside})
}

func (w *writer) moment() {
	m, off := bundle.Moment{Room: "r", Member: "m", Action: uint32(1 + w.IntN(3)), At: w.now}, int64(w.IntN(5)-1)
	w.s.Moment(w.now, m, "frame", off)
	w.tell("moment", w.now, []any{m.Room, m.Member, m.Action, m.At}, "frame", off)
}

func asVectors(list []bundle.Command) [][]any {
	out := [][]any{}
	for _, c := range list {
		out = append(out, []any{c.After, c.Name, []any{}})
	}
	return out
}

func (w *writer) ran() {
	e := w.open
	if e == nil {
		return
	}
	failure := ""
	if w.IntN(8) == 0 {
		failure = "It is broken."
	}
	w.open = nil
	w.s.Ran(e.ID, e.N, w.now, failure)
	w.tell("ran", e.ID, e.N, w.now, failure)
}

func (w *writer) tell(in ...any) {
	s := vectorStep{In: in, Out: [][]any{}}
	for e, ok := w.s.Next(); ok; e, ok = w.s.Next() {
		if e.Kind == bundle.Run {
			w.open = &e
			s.Out = append(s.Out, []any{"run", e.ID, e.Command.Name, e.N, e.Due, e.Recovery, e.Method, e.Off})
			continue
		}
		s.Out = append(s.Out, []any{"end", e.ID, e.Outcome, e.Command.Name, e.Due, e.Ran, e.Bound, e.Err, e.Method, e.Off})
	}
	s.Wake = w.s.Wake()
	w.steps = append(w.steps, s)
}

func TestVectors(t *testing.T) {
	out := []byte("[\n")
	seen := map[any]int{}
	for seed := range uint64(60) {
		w := newWriter(seed)
		for range 50 {
			w.step()
		}
		if seed > 0 {
			out = append(out, ",\n"...)
		}
		line, err := json.Marshal(w.steps)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line...)
		for _, s := range w.steps {
			for _, o := range s.Out {
				seen[o[0]]++
				seen[o[2]]++
				seen[o[len(o)-2]]++
			}
		}
	}
	out = append(out, "\n]\n"...)
	for _, o := range []bundle.Outcome{bundle.Done, bundle.Late, bundle.Replaced, bundle.Expired, bundle.Refused, bundle.Failed, bundle.Unknown} {
		if seen[o] < 5 {
			t.Errorf("%s came %d times", o, seen[o])
		}
	}
	if seen["frame"] < 5 || seen[bundle.Deadline] < 5 {
		t.Errorf("%d moments in time, %d deadlines", seen["frame"], seen[bundle.Deadline])
	}
	if *update {
		if err := os.WriteFile(vectorsFile, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(vectorsFile); err != nil || !bytes.Equal(out, want) {
		t.Errorf("%s is not what the scheduler tells (%v): run this test with -update, and hold the others to it", vectorsFile, err)
	}
}
