package dance

import (
	"fmt"
	"testing"
)

const seeds = 4000

// Whatever the network loses, doubles and overtakes, and wherever either side dies: once messages pass again both are linked or neither is, both say which, each holds the right
// channel of the other, and every repetition of anything changes nothing.
func TestCHAN3_BothLinkedOrNeither(t *testing.T) {
	var linked, ended int
	for seed := range uint64(seeds) {
		w := newWorld(t, seed, 2+int(seed%2))
		w.log("seed %d", seed)
		w.chaos(60 + int(seed%200))
		w.settle(seed%3 != 0)
		for _, a := range w.asks {
			if w.bothOrNeither(a) {
				linked++
			} else {
				ended++
			}
		}
		w.repeatEverything()
	}
	if linked < seeds/4 || ended < seeds/4 {
		t.Errorf("only %d came to be linked, and %d to an end", linked, ended)
	}
}

func (w *world) bothOrNeither(a ask) (linked bool) {
	asker, asked := w.party(a.asker), w.party(a.asked)
	ours, _ := asker.load(a.id)
	theirs, _ := asked.load(a.id)
	if !ours.Outbound {
		ours = Record{}
	}
	if theirs.Outbound {
		theirs = Record{} // of who asked itself
	}
	for _, r := range []Record{ours, theirs} {
		if r.State != 0 && r.State != Established && r.State != Ended {
			w.fail("%s still says %v", a.id, r.State)
		}
		if r.Owed != 0 {
			w.fail("%s is still owed %v", a.id, r.Owed.list())
		}
	}
	linked = ours.State == Established
	if linked != (theirs.State == Established) {
		w.fail("%s: %s says %v, %s says %v", a.id, a.asker, ours.State, a.asked, theirs.State)
	}
	if linked && (ours.ECI != eci(a.asked, theirs.Channel) || theirs.ECI != eci(a.asker, ours.Channel)) {
		w.fail("%s: the channels are %q and %q", a.id, ours.ECI, theirs.ECI)
	}
	w.channelOpen(asker, ours, linked)
	w.channelOpen(asked, theirs, linked)
	return linked
}

func (w *world) channelOpen(p *party, r Record, open bool) {
	if r.Channel != "" && p.channels[r.Channel] != open {
		w.fail("%s: the channel of %s is open: %v", r.ID, p.name, !open)
	}
}

// repeatEverything brings all messages that ever left anybody once more. What asks for something long forgotten would be new.
func (w *world) repeatEverything() {
	before := w.books()
	w.rand.Shuffle(len(w.history), func(i, j int) { w.history[i], w.history[j] = w.history[j], w.history[i] })
	for _, d := range w.history {
		p, _ := w.resolve(d.eci)
		if _, known := p.book[d.message.ID]; known || d.message.Kind != Request {
			w.deliver(d)
		}
	}
	if after := w.books(); after != before {
		w.fail("a repetition changed something:\n%s\n%s", before, after)
	}
}

func (w *world) books() (s string) {
	for _, p := range w.parties {
		s += p.name
		for _, id := range p.ids() {
			s += fmt.Sprintf(" %s:%x", id, p.book[id])
		}
		s += fmt.Sprintln(p.channels)
	}
	return s
}
