package bundle_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/bundle"
)

// drawPlan makes bundles with small instants, so that much falls together. Bad commands fail.
func drawPlan(t *rapid.T, n int) []*bundle.Bundle {
	command := rapid.Custom(func(t *rapid.T) bundle.Command {
		return bundle.Command{After: rapid.Int64Range(0, 8).Draw(t, "after"), Name: rapid.SampledFrom([]string{"on", "off", "up", "bad"}).Draw(t, "name")}
	})
	var plan []*bundle.Bundle
	for i := range n {
		plan = append(plan, &bundle.Bundle{
			ID: string(rune('a' + i)), At: rapid.Int64Range(0, 60).Draw(t, "at"), Late: bundle.Policy(rapid.IntRange(0, 2).Draw(t, "late")), Tolerance: 3,
			MaxBound: rapid.Int64Range(0, 2).Draw(t, "bound") * 10, Commands: rapid.SliceOfN(command, 0, 4).Draw(t, "commands"),
			Recovery: rapid.SliceOfN(command, 0, 2).Draw(t, "recovery"),
		})
		if rapid.Bool().Draw(t, "expires") {
			plan[i].Expires = plan[i].At + 5
		}
	}
	return plan
}

// withMoments gives some of the bundles moments, and has some run beside the others.
func withMoments(t *rapid.T, plan []*bundle.Bundle) []*bundle.Bundle {
	for _, b := range plan {
		if b.At != 0 && rapid.Bool().Draw(t, "has a moment") {
			b.Moment = moment(rapid.Uint32Range(1, 3).Draw(t, "action"))
		}
		if b.Beside = rapid.Bool().Draw(t, "beside"); b.Beside {
			for i := range b.Commands {
				b.Commands[i].After = 0
			}
		}
	}
	return plan
}

// timeline is what a punctual device does with bundles that arrive beforehand, worked out from the plan as a whole.
func timeline(plan []*bundle.Bundle) (runs []string) {
	order := slices.Clone(plan)
	slices.SortStableFunc(order, func(a, b *bundle.Bundle) int { return int(a.At - b.At) })
	for i, b := range order {
		end := int64(1 << 40)
		if i+1 < len(order) {
			end = order[i+1].At
		}
		due, over := b.At, "done"
		for n, c := range b.Commands {
			if due += c.After; due >= end {
				due, over = end, "replaced"
				break
			}
			runs = append(runs, fmt.Sprintf("%d %s %d", due, b.ID, n))
			if c.Name == "bad" {
				over = "failed"
				break
			}
		}
		runs = append(runs, b.ID+" "+over)
		for n := range b.Recovery {
			if over == "done" {
				break
			}
			due += b.Recovery[n].After
			runs = append(runs, fmt.Sprintf("%s %d", b.ID, len(b.Commands)+n))
		}
	}
	return runs
}

func TestDEV2_APunctualDeviceFollowsTheTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t, rapid.IntRange(1, 5).Draw(t, "bundles"))
		var s bundle.Scheduler
		for _, b := range plan {
			b.At, b.Expires, b.MaxBound = b.At+1, 0, 0
			s.Add(0, b)
		}
		var runs []string
		for wake := s.Wake(); wake != 0; wake = s.Wake() {
			s.Tick(wake, 0)
			for e, ok := s.Next(); ok; e, ok = s.Next() {
				switch {
				case e.Kind == bundle.End:
					runs = append(runs, fmt.Sprint(e.ID, " ", e.Outcome))
					continue
				case e.Recovery:
					runs = append(runs, fmt.Sprintf("%s %d", e.ID, e.N))
				default:
					runs = append(runs, fmt.Sprintf("%d %s %d", wake, e.ID, e.N))
				}
				s.Ran(e.ID, e.N, wake, map[bool]string{true: "bad"}[e.Command.Name == "bad"])
				s.Tick(wake, 0)
			}
		}
		// Recoveries may take their time beside what came next: they are compared apart.
		if got, want := without(runs, plan), without(timeline(plan), plan); !slices.Equal(got, want) {
			t.Fatalf("%q, not\n%q", got, want)
		}
		slices.Sort(runs)
		want := timeline(plan)
		slices.Sort(want)
		if !slices.Equal(runs, want) {
			t.Fatalf("%q, not\n%q", runs, want)
		}
	})
}

// without leaves out recoveries, which bear no instant.
func without(runs []string, plan []*bundle.Bundle) []string {
	return slices.DeleteFunc(slices.Clone(runs), func(r string) bool {
		return slices.ContainsFunc(plan, func(b *bundle.Bundle) bool {
			return r[:1] == b.ID && r[2] >= '0' && r[2] <= '9'
		})
	})
}

// A judge follows a scheduler that is treated badly, and holds it to what must be true all the same.
type judge struct {
	t    *rapid.T
	plan map[string]*bundle.Bundle
	ran  map[string]int // commands by bundle
	rec  map[string]int // those of recoveries
	out  map[string]bundle.Event
	told map[string]bool // bundles whose moments came before their deadlines
	met  map[string]bool // those that waited then, without a doubt
	seen map[string]bool // bundles whose starts the clock has passed, whatever it shows now
	open *bundle.Event   // the command that runs
}

// hear is told of a moment that has come.
func (j *judge) hear(m bundle.Moment, now int64) {
	for id, b := range j.plan {
		if _, over := j.out[id]; over || now >= b.At || !b.Moment.Is(m) {
			continue
		}
		j.told[id] = true
		j.met[id] = j.met[id] || !j.seen[id]
	}
}

// pass is told that the scheduler has looked at the clock.
func (j *judge) pass(now int64) {
	for id, b := range j.plan {
		j.seen[id] = j.seen[id] || now >= b.At
	}
}

// begins judges how a bundle has started: with its moment, or not before its deadline.
func (j *judge) begins(e bundle.Event, b *bundle.Bundle, now int64) {
	none := b.Moment == bundle.Moment{}
	switch {
	case none && (e.Method != "" || e.Off != 0):
		j.t.Fatalf("%+v has no moment", e)
	case none:
	case e.Method == "frame" && (e.Off != 7 || !j.told[e.ID]):
		j.t.Fatalf("%+v, whose moment did not come", e)
	case e.Method == bundle.Deadline && (j.met[e.ID] || e.N == 0 && now < b.At):
		j.t.Fatalf("%+v at %d, its deadline %d", e, now, b.At)
	case e.Method != "frame" && e.Method != bundle.Deadline:
		j.t.Fatalf("%+v", e)
	}
}

func (j *judge) run(e bundle.Event, now, bound int64) {
	b := j.plan[e.ID]
	switch {
	case j.open != nil:
		j.t.Fatalf("%+v while %+v runs", e, j.open)
	case e.Recovery:
		j.recovers(e, b)
	default:
		j.executes(e, b, now, bound)
	}
	j.open = &e
}

func (j *judge) recovers(e bundle.Event, b *bundle.Bundle) {
	if out := j.out[e.ID].Outcome; out == "" || out == bundle.Done || out == bundle.Expired || out == bundle.Unknown {
		j.t.Fatalf("recovery of %s, which is %q", e.ID, out)
	}
	if e.N != len(b.Commands)+j.rec[e.ID] {
		j.t.Fatalf("%+v after %d", e, j.rec[e.ID])
	}
	j.rec[e.ID]++
}

func (j *judge) executes(e bundle.Event, b *bundle.Bundle, now, bound int64) {
	if out, over := j.out[e.ID]; over {
		j.t.Fatalf("%+v after %+v", e, out)
	}
	if e.N < j.ran[e.ID] || e.N > j.ran[e.ID] && b.Late != bundle.RunRest {
		j.t.Fatalf("%+v after %d", e, j.ran[e.ID])
	}
	inTime := b.Late == bundle.RunNow || b.Beside && e.N > 0 || now-e.Due <= b.Tolerance // what runs beside is in time as a whole
	if e.Due > now || !inTime {
		j.t.Fatalf("%+v at %d", e, now)
	}
	due := b.At
	for _, c := range b.Commands[:e.N+1] {
		due += c.After
	}
	if b.At != 0 && e.Method != "frame" && due != e.Due && !(b.Beside && e.N > 0) {
		j.t.Fatalf("%+v was due at %d", e, due)
	}
	j.begins(e, b, now)
	j.ran[e.ID] = e.N + 1
}

func (j *judge) end(e bundle.Event) {
	if before, twice := j.out[e.ID]; twice || j.open != nil {
		j.t.Fatalf("%+v after %+v", e, before)
	}
	if b := j.plan[e.ID]; b.Beside && j.ran[e.ID] > 0 && e.Outcome != bundle.Done && e.Outcome != bundle.Failed {
		j.t.Fatalf("%s runs beside others, and is %s", e.ID, e.Outcome)
	}
	j.out[e.ID] = e
}

func (j *judge) final() {
	for id, b := range j.plan {
		out, over := j.out[id]
		if !over {
			j.t.Fatalf("nothing was told of %s", id)
		}
		began := j.ran[id] > 0
		if want := len(b.Recovery); began && out.Outcome != bundle.Done && j.rec[id] != want {
			j.t.Fatalf("%s is %s, and %d of %d ran to recover", id, out.Outcome, j.rec[id], want)
		}
		if out.Outcome == bundle.Done && b.Late != bundle.RunRest && j.ran[id] != len(b.Commands) {
			j.t.Fatalf("%s is done after %d", id, j.ran[id])
		}
		if (out.Ran != 0) != (began && out.Outcome != bundle.Late) {
			j.t.Fatalf("%+v after %d", out, j.ran[id])
		}
	}
}

func TestDEV2_DEV4_NoCommandRunsTwiceWhateverTheClockDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s bundle.Scheduler
		plan := withMoments(t, drawPlan(t, 6))
		j := &judge{t: t, plan: map[string]*bundle.Bundle{}, ran: map[string]int{}, rec: map[string]int{}, out: map[string]bundle.Event{}, told: map[string]bool{}, met: map[string]bool{}, seen: map[string]bool{}}
		now, bound := int64(1000), int64(0)
		drain := func() {
			s.Tick(now, bound)
			j.pass(now)
			for e, ok := s.Next(); ok; e, ok = s.Next() {
				if e.Kind == bundle.Run {
					j.run(e, now, bound)
				} else {
					j.end(e)
				}
			}
		}
		answer := func() {
			if e := j.open; e != nil {
				j.open = nil
				s.Ran(e.ID, e.N, now, map[bool]string{true: "bad"}[e.Command.Name == "bad"])
			}
		}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 7:
				m := moment(rapid.Uint32Range(1, 3).Draw(t, "came"))
				j.hear(m, now)
				s.Moment(now, m, "frame", 7)
			case 0:
				if len(plan) > 0 {
					b := plan[0]
					if plan = plan[1:]; b.At != 0 {
						b.At += now - 20
					}
					if b.Expires != 0 {
						b.Expires = now + 3
					}
					j.plan[b.ID] = b
					s.Add(now, b)
				}
			case 1:
				for _, b := range j.plan {
					if s.Add(now, b) {
						t.Fatalf("%s is not known any more", b.ID)
					}
				}
			case 2:
				now += rapid.Int64Range(-40, 40).Draw(t, "step")
			case 3:
				bound = rapid.Int64Range(0, 30).Draw(t, "bound")
			case 4:
				answer()
			default:
				if wake := s.Wake(); wake > now {
					now = wake
				}
				now += rapid.Int64Range(0, 2).Draw(t, "lag")
			}
			drain()
		}
		for i := 0; j.open != nil || s.Wake() != 0; i++ {
			if i > 1000 {
				t.Fatal("it never ends")
			}
			answer()
			now = max(now, s.Wake())
			drain()
		}
		j.final()
	})
}
