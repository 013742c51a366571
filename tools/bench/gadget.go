package main

import (
	"math/rand/v2"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/clocksync"
)

// What the clocks and ways of simulated devices are like. Durations in µs.
const (
	clockApart  = 12 * 3600 * 1_000_000 // the most that a device's clock is wrong by, either way
	clockDrift  = 50e-6                 // the most that it is too fast or too slow
	leastDelay  = 5_000                 // of a way there or back without jitter
	mostDelay   = 100_000
	asymmetry   = 10_000  // the most by which one way is longer than the other, always
	jitter      = 200_000 // the most by which a packet takes longer, each way by itself
	answersIn   = 1_000   // the most that the server takes for a pong
	warmUpPings = 100
)

// gadget is a simulated device: a clock of its own, a way to the server, and the code that a real one runs. Instants are µs; true ones are those of
// the machine's clock, which is the server's, local ones those of the gadget's.
type gadget struct {
	offset, born int64 // what its clock is ahead by, at a true instant
	drift        float64
	there, back  int64 // delays without jitter
	luck         rand.PCG

	bundles bundle.Scheduler
	ran     int // commands
	outcome bundle.Outcome
}

// newGadget makes the i-th of a fleet. Nobody's clock has drifted yet at that instant.
func newGadget(i int, born int64) gadget {
	g := gadget{born: born, luck: *rand.NewPCG(uint64(i), 1)}
	g.offset = int64(g.between(-clockApart, clockApart))
	g.drift = g.between(-clockDrift, clockDrift)
	base, apart := g.between(leastDelay, mostDelay), g.between(-asymmetry, asymmetry)
	g.there, g.back = max(0, int64(base+apart/2)), max(0, int64(base-apart/2))
	return g
}

func (g *gadget) between(a, b float64) float64 { return a + (b-a)*rand.New(&g.luck).Float64() }

// local is what the gadget's clock shows.
func (g *gadget) local(at int64) int64 {
	return at + g.offset + int64(float64(at-g.born)*g.drift)
}

// truth is when the gadget's clock shows it.
func (g *gadget) truth(local int64) int64 {
	t := local - g.offset
	for range 3 {
		t = local - g.offset - int64(float64(t-g.born)*g.drift)
	}
	return t
}

// pong is an answer on its way to the gadget.
type pong struct {
	at int64 // when it arrives, true
	clocksync.Sample
}

// warm has the gadget compare clocks so often, as clocksync wants it paced, from a true instant on. It tells when the last answer came.
func (g *gadget) warm(clock *clocksync.Clock, from int64, pings int) (last int64) {
	var way [8]pong
	under := way[:0] // in the order in which they arrive
	for next := from; pings > 0 || len(under) > 0; {
		if pings == 0 || len(under) > 0 && under[0].at <= next {
			p := under[0]
			under = append(under[:0], under[1:]...)
			clock.Add(p.Sample)
			last = max(last, p.at)
		} else {
			pings--
			under = post(under, g.ping(next))
			from = next
		}
		next = max(from, last, g.truth(clock.Pace(g.local(from))))
	}
	return last
}

// post puts an answer among the others.
func post(under []pong, p pong) []pong {
	i := len(under)
	under = append(under, p)
	for ; i > 0 && under[i-1].at > p.at; i-- {
		under[i-1], under[i] = p, under[i-1]
	}
	return under
}

func (g *gadget) ping(sent int64) pong {
	received := sent + g.delay(g.there)
	answered := received + int64(g.between(0, answersIn))
	arrived := answered + g.delay(g.back)
	return pong{arrived, clocksync.Sample{Sent: g.local(sent), Received: received, Answered: answered, Arrived: g.local(arrived)}}
}

// delay is what a packet takes.
func (g *gadget) delay(least int64) int64 { return least + int64(g.between(0, jitter)) }

// execution is a command that has run.
type execution struct{ at, due int64 } // true

// take hands the gadget a bundle that has arrived at a true instant. What can't be read is refused, as by a real device.
func (g *gadget) take(clock *clocksync.Clock, at int64, encoded []byte, ended func(bundle.Event)) {
	b, err := bundle.Parse(encoded)
	if err != nil {
		g.end(bundle.Event{Outcome: bundle.Refused, Err: err.Error()}, ended)
		return
	}
	g.bundles.Add(clock.Server(g.local(at)), b)
}

func (g *gadget) end(e bundle.Event, ended func(bundle.Event)) {
	g.outcome = e.Outcome
	ended(e)
}

// act does what is due by the gadget's own clock at a true instant, and tells what ended. next is the true instant at which something is due again,
// 0 for never.
func (g *gadget) act(clock *clocksync.Clock, at int64, ran func(execution), ended func(bundle.Event)) (next int64) {
	local := g.local(at)
	now := clock.Server(local)
	for {
		g.bundles.Tick(now, clock.Bound(local))
		e, more := g.bundles.Next()
		switch {
		case !more:
			return g.wake(clock, local)
		case e.Kind == bundle.Run:
			g.ran++
			ran(execution{g.truth(local), e.Due})
			g.bundles.Ran(e.ID, e.N, now, "")
		default:
			g.end(e, ended)
		}
	}
}

// wake is the true instant of the local one at which the gadget wants to act next, after a local one; 0 for never.
func (g *gadget) wake(clock *clocksync.Clock, after int64) int64 {
	due := g.bundles.Wake()
	if due == 0 {
		return 0
	}
	local := max(clock.Local(due), after)
	for clock.Server(local) < due {
		local++ // what rounding has taken
	}
	at := g.truth(local)
	for g.local(at) < local {
		at++
	}
	return at
}
