package dance

import "testing"

// Whoever knows everything but the secret channels, and has subscriptions of its own with the victim, changes nothing in anybody else's: neither by the doorbell nor by its own channels.
func TestCHAN4_ForgersChangeNothing(t *testing.T) {
	for seed := range uint64(400) {
		w := newWorld(t, seed, 3)
		w.forgers = 15
		w.chaos(200)
		w.settle(true)
		w.forge()
		for _, a := range w.asks {
			w.bothOrNeither(a)
		}
	}
}

// forge raises every message of the dance with the ID of one of somebody's subscriptions, in both generations, on every channel of theirs that is not that
// subscription's. Each must be refused; what is refused changes nothing, for Take changes nothing itself.
func (w *world) forge() {
	victim := w.parties[w.rand.IntN(len(w.parties))]
	ids := victim.ids()
	if len(ids) == 0 {
		return
	}
	target, _ := victim.load(ids[w.rand.IntN(len(ids))])
	w.log("somebody forges messages on %s of %s", target.ID, victim.name)
	ways := []string{Doorbell, "", "none"}
	for _, id := range ids {
		if other, _ := victim.load(id); other.Channel != target.Channel {
			ways = append(ways, other.Channel)
		}
	}
	for kind := Request; kind <= Remove; kind++ {
		for gen := Article; gen <= Wrangler; gen++ {
			m := overTheWire(w.t, Message{Kind: kind, Gen: gen, ID: target.ID, ECI: "eci.a.mine", Host: "https://evil.example", Peer: "eci.b.guess"})
			for _, via := range ways {
				if step, flaw := target.Take(m, via, w.now); flaw == nil {
					w.fail("%v by %q was taken: %+v", m.Kind, via, step)
				}
			}
		}
	}
}
