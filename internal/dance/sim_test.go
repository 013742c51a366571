package dance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// world is a few parties with durable books, and a network and machines that fail as a seed tells.
type world struct {
	t       *testing.T
	rand    *rand.Rand
	now     int64
	parties []*party
	calm    bool       // nothing fails any more
	strict  bool       // back channels take the confirm and the refusal only
	forgers int        // how often somebody forges messages, percent, up to 15
	letters []*letter  // stored with steps: sent until they are answered
	copies  []delivery // of them, on the way by themselves, however late
	history []delivery // everything that ever left anybody
	asks    []ask      // every subscription that anybody asked for
	trace   []entry
}

// party is one owner's cloud: what it keeps outlives its crashes, for each step is kept whole or not at all.
type party struct {
	name     string
	book     map[string][]byte
	channels map[string]bool // open ones, by name
	verdict  int             // what its owner's rule does with requests: see decide
}

type letter struct {
	from, record string
	delivery     delivery
	stopped      bool
}

type delivery struct {
	eci     string
	message Message
}

type ask struct{ id, asker, asked string }

const dawn = 1_800_000_000_000_000

func newWorld(t *testing.T, seed uint64, parties int) *world {
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 4)), now: dawn, strict: seed%5 == 0}
	for i := range parties {
		name := string(rune('a' + i))
		w.parties = append(w.parties, &party{name: name, book: map[string][]byte{}, channels: map[string]bool{Doorbell: true}, verdict: w.rand.IntN(verdicts)})
	}
	return w
}

// entry is one line of the trace, put together only where somebody reads it.
type entry struct {
	at     int64
	format string
	args   []any
}

func (w *world) log(format string, args ...any) {
	w.trace = append(w.trace, entry{w.now, format, args})
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	for _, e := range w.trace {
		fmt.Printf("%6dh "+e.format+"\n", append([]any{(e.at - dawn) / (60 * minute)}, e.args...)...)
	}
	w.t.Fatalf(format, args...)
}

func (w *world) chance(percent int) bool { return w.rand.IntN(100) < percent }

func (w *world) party(name string) *party { return w.parties[name[0]-'a'] }

// eci is known to whom it was told: the name of a channel is secret enough here.
func eci(party, channel string) string { return "eci." + party + "." + channel }

func (w *world) resolve(eci string) (p *party, channel string) {
	parts := strings.SplitN(eci, ".", 3)
	return w.party(parts[1]), parts[2]
}

func (p *party) load(id string) (Record, bool) {
	b, ok := p.book[id]
	if !ok {
		return Record{}, false
	}
	r, err := ParseRecord(b, unseal)
	if err != nil {
		panic(err)
	}
	return r, true
}

func (p *party) ids() []string { return slices.Sorted(maps.Keys(p.book)) }

func seal(s string) []byte { return []byte("sealed " + s) }

func unseal(b []byte) (string, error) { return strings.TrimPrefix(string(b), "sealed "), nil }

// commit keeps a step, unless the machine dies just before.
func (w *world) commit(p *party, step Step) bool {
	if !w.calm && w.chance(5) {
		w.log("%s dies before it keeps %s", p.name, step.Record.ID)
		return false
	}
	r := step.Record
	w.log("  %s keeps %s %v %v sends %d", p.name, r.ID, r.State, r.End, len(step.Send))
	for _, k := range step.Stop {
		w.stop(p, r.ID, k)
	}
	if step.Changed {
		p.book[r.ID] = r.Append(nil, seal)
	}
	if step.Forget {
		delete(p.book, r.ID)
	}
	if step.CloseChannel {
		delete(p.channels, r.Channel)
	}
	for _, s := range step.Send {
		w.post(p, r, s)
	}
	return true
}

// stop stops a letter, if that is still possible.
func (w *world) stop(p *party, id string, k Kind) {
	for _, l := range w.letters {
		if l.from == p.name && l.record == id && l.delivery.message.Kind == k && w.chance(70) {
			l.stopped = true
		}
	}
	w.letters = slices.DeleteFunc(w.letters, func(l *letter) bool { return l.stopped })
}

func (w *world) post(p *party, r Record, s Send) {
	to := r.ECI
	if s.ToDoorbell {
		to = r.Doorbell
	}
	m := s.Message
	m.ECI, m.Host = eci(p.name, r.Channel), "https://"+p.name+".example"
	d := delivery{to, m}
	w.letters = append(w.letters, &letter{from: p.name, record: r.ID, delivery: d})
	w.history = append(w.history, d)
}

// carry tries to bring a letter over, and its answer back.
func (w *world) carry(l *letter) {
	if !w.calm {
		switch n := w.rand.IntN(100); {
		case n < 25:
			return // lost
		case n < 45:
			w.copies = append(w.copies, l.delivery) // late, and the sender tries again
			return
		case n < 55:
			w.deliver(l.delivery)
			return // the answer is lost, or the sender dies before it hears it
		case n < 65:
			w.copies = append(w.copies, l.delivery) // doubled
		case n < 70:
			w.answer(l, GivenUp, "")
			return
		case n < 72 && l.delivery.message.Kind <= Confirm:
			w.answer(l, Denied, "by somebody on the way")
			return
		}
	}
	outcome, reason, answered := w.deliver(l.delivery)
	if answered {
		w.answer(l, outcome, reason)
	}
}

func (w *world) answer(l *letter, outcome Outcome, reason string) {
	p := w.party(l.from)
	r, ok := p.load(l.record)
	w.log("%s hears of %v %s: %v", p.name, l.delivery.message.Kind, l.record, outcome)
	if !ok || w.commit(p, r.Sent(l.delivery.message.Kind, outcome, reason, w.now)) {
		w.letters = slices.DeleteFunc(w.letters, func(other *letter) bool { return other == l })
	}
}

// deliver raises a message's event on a channel. answered is false where the receiver dies first.
func (w *world) deliver(d delivery) (o Outcome, reason string, answered bool) {
	p, channel := w.resolve(d.eci)
	if !p.channels[channel] {
		return NoChannel, "", true
	}
	m := overTheWire(w.t, d.message)
	if r, ok := p.load(m.ID); ok && w.strict && m.Kind == Remove && r.State == Pending {
		return Denied, "not on a back channel", true
	}
	w.log("%v %s to %s at %s", m.Kind, m.ID, p.name, channel)
	step, flaw := w.hear(p, m, channel)
	if flaw != nil {
		w.log("  %v", flaw)
		return outcomeOf(flaw), flaw.Message, true
	}
	if !w.commit(p, step) {
		return 0, "", false
	}
	if step.Record.State == Waiting && step.Changed {
		w.rule(p, step.Record)
	}
	return Delivered, "", true
}

func outcomeOf(flaw *wire.Error) Outcome {
	if flaw.Code == wire.NotFound {
		return NoChannel
	}
	return Denied
}

func (w *world) hear(p *party, m Message, channel string) (Step, *wire.Error) {
	r, ok := p.load(m.ID)
	switch {
	case ok:
		return r.Take(m, channel, w.now)
	case m.Kind == Request && channel == Doorbell && p.verdict == denies:
		return Step{}, wire.Err(wire.NotAllowed, "No.")
	case m.Kind == Request && channel == Doorbell:
		return Asked(m, w.now)
	}
	return Step{}, Unknown()
}

func overTheWire(t testing.TB, m Message) Message {
	domain, typ, a := m.Event()
	got, is, flaw := Parse(domain, typ, a)
	if !is || flaw != nil {
		t.Fatalf("%+v became %s:%s %v: %v", m, domain, typ, a, flaw)
	}
	return got
}

func (w *world) tick(p *party) {
	for _, id := range p.ids() {
		for r, ok := p.load(id); ok && r.Wake() != 0 && r.Wake() <= w.now; r, ok = p.load(id) {
			w.log("%s ticks %s", p.name, id)
			if !w.commit(p, r.Tick(w.now)) {
				return
			}
		}
	}
}

// chaos lets anything happen, n times.
func (w *world) chaos(n int) {
	for range n {
		w.now += int64(w.rand.IntN(int(minute)))
		p := w.parties[w.rand.IntN(len(w.parties))]
		switch n := w.rand.IntN(100); {
		case n < 6:
			w.begin(p, w.parties[w.rand.IntN(len(w.parties))])
		case n < 24:
			w.act(p)
		case n < 64 && len(w.letters) > 0:
			w.carry(w.letters[w.rand.IntN(len(w.letters))])
		case n < 80 && len(w.copies) > 0:
			i := w.rand.IntN(len(w.copies))
			d := w.copies[i]
			if w.chance(70) {
				w.copies = slices.Delete(w.copies, i, i+1)
			}
			w.deliver(d)
		case n < 80+w.forgers:
			w.forge()
		case n < 95:
			w.tick(p)
		case n < 98:
			w.now += int64(w.rand.IntN(int(day)))
		case n == 98 && w.chance(20):
			w.now += 9 * day
		}
	}
}

// settle lets messages pass and timers run until nothing is left to do. Owners who decide look at their inboxes; for others, requests expire.
func (w *world) settle(decide bool) {
	w.calm = true
	for range 10_000 {
		if w.work(decide) {
			continue
		}
		next := w.nextWake()
		if next == 0 {
			return
		}
		w.now = max(w.now, next)
		for _, p := range w.parties {
			w.tick(p)
		}
	}
	w.fail("it does not come to rest")
}

// work does what needs no waiting.
func (w *world) work(decide bool) (some bool) {
	for _, d := range w.copies {
		w.deliver(d)
		some = true
	}
	w.copies = nil
	for _, l := range slices.Clone(w.letters) {
		w.carry(l)
		some = true
	}
	for _, p := range w.parties {
		for _, id := range p.ids() {
			if r, _ := p.load(id); decide && r.State == Waiting && r.Expires > w.now {
				w.approve(p, r)
				some = true
			}
		}
	}
	return some
}

// nextWake is when the next thing happens that is not the forgetting of what is answered.
func (w *world) nextWake() (next int64) {
	for _, p := range w.parties {
		for _, id := range p.ids() {
			r, _ := p.load(id)
			if at := r.Wake(); at != 0 && !(r.State == Ended && r.Owed == 0) && (next == 0 || at < next) {
				next = at
			}
		}
	}
	return next
}
