package dance

import "fmt"

// What an owner's rule does with requests.
const (
	byHand = iota
	approves
	declines
	denies
	verdicts
)

func (w *world) rule(p *party, r Record) {
	switch p.verdict {
	case approves:
		w.approve(p, r)
	case declines:
		w.decline(p, r)
	}
}

func (w *world) approve(p *party, r Record) {
	channel := "yes-" + r.ID + fmt.Sprint(w.rand.Uint32())
	step, flaw := r.Approve(channel, w.now)
	w.log("%s approves %s: %v", p.name, r.ID, flaw)
	if flaw == nil && w.commit(p, step) && step.Changed {
		p.channels[channel] = true
	}
}

func (w *world) decline(p *party, r Record) {
	w.log("%s declines %s", p.name, r.ID)
	if step, flaw := r.Decline("no", w.now); flaw == nil {
		w.commit(p, step)
	}
}

func (w *world) begin(asker, asked *party) {
	id := fmt.Sprint("s", len(w.asks))
	channel := "ask-" + id
	step, flaw := Begin(Ask{
		ID: id, Gen: Gen(1 + w.rand.IntN(2)), Relationship: "a-b", Channel: channel,
		Host: "https://" + asked.name + ".example", Doorbell: eci(asked.name, Doorbell),
	}, w.now)
	if flaw != nil {
		w.t.Fatal(flaw)
	}
	w.log("%s asks %s: %s", asker.name, asked.name, id)
	asker.channels[channel] = true
	if w.commit(asker, step) {
		w.asks = append(w.asks, ask{id, asker.name, asked.name})
		return
	}
	delete(asker.channels, channel)
}

// act lets an owner do something with one of its subscriptions.
func (w *world) act(p *party) {
	ids := p.ids()
	if len(ids) == 0 {
		return
	}
	r, _ := p.load(ids[w.rand.IntN(len(ids))])
	switch n := w.rand.IntN(10); {
	case n < 4:
		w.approve(p, r)
	case n < 5:
		w.decline(p, r)
	case n < 6:
		w.log("%s ends %s", p.name, r.ID)
		w.commit(p, r.Finish("enough", w.now))
	default:
		w.raise(p, r)
	}
}

// raise sends an event of the owner's own on a subscription.
func (w *world) raise(p *party, r Record) {
	if r.State != Established || !w.calm && w.chance(30) {
		return
	}
	w.log("%s raises an event on %s", p.name, r.ID)
	peer, channel := w.resolve(r.ECI)
	if !peer.channels[channel] {
		w.commit(p, r.Lost(w.now))
		return
	}
	theirs, ok := peer.load(r.ID)
	if !ok || theirs.Channel != channel {
		w.fail("the channel %s of %s leads to %+v", channel, peer.name, theirs)
	}
	w.commit(peer, theirs.Used(w.now))
}
