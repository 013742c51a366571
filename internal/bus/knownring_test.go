package bus_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bus"
)

// ringModel is what a caller's Idempotency-Keys come to: the last 1,000 are known for a day.
type ringModel struct {
	next  int
	slots [bus.KeysPerCaller]string
	kept  map[string]outcomeKept
}

type outcomeKept struct {
	id int
	at time.Time
	is string
}

// known is the answer that a key has, empty if it is to run.
func (m *ringModel) known(key string, now time.Time) string {
	if k, ok := m.kept[key]; ok && now.Sub(k.at) < bus.ReceiptAge*time.Microsecond {
		return k.is
	}
	return ""
}

func (m *ringModel) keep(key, is string, now time.Time) {
	slot := m.next % bus.KeysPerCaller
	if old, ok := m.kept[m.slots[slot]]; ok && old.id+bus.KeysPerCaller == m.next {
		delete(m.kept, m.slots[slot])
	}
	m.slots[slot] = key
	m.kept[key] = outcomeKept{m.next, now, is}
	m.next++
}

// Keys of several callers, new and old ones, over days, restarts, lost commits and rests: each request runs if, and only if, the model says so, whether its caller's ring is in memory or not.
func TestReceipts_RingsInMemoryAreTrue(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w, random := newWorld(t), rand.New(rand.NewPCG(seed, 7))
			w.must("alice", "alice/home", "Allow", "allow", "anyone")
			models := map[string]*ringModel{}
			ran, caller := 0, "alice"
			for i := range 6000 {
				if random.IntN(20) == 0 {
					caller = []string{"alice", "bob", "carol", "dora", "eve", "frank"}[random.IntN(6)]
				}
				if random.IntN(3) > 0 && seed%2 == 0 {
					caller = "alice" // whose ring goes round
				}
				switch random.IntN(400) {
				case 0:
					disturbances["Restart"](w)
				case 1:
					disturbances["Passivation"](w)
				case 2:
					disturbances["LostCommit"](w)
				case 3:
					w.Clock.Advance(time.Duration(random.IntN(20)) * time.Hour)
				}
				m := models[caller]
				if m == nil {
					m = &ringModel{kept: map[string]outcomeKept{}}
					models[caller] = m
				}
				key := fmt.Sprint("key", max(0, i-random.IntN(1+random.IntN(3000))))
				want := m.known(key, w.Clock.Now())
				got := show(w.Must(w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: caller}, To: target("alice/home"), Method: "Add", Key: bus.Key{Text: key}}))))
				if want == "" {
					ran++
					want = fmt.Sprint(ran)
					m.keep(key, want, w.Clock.Now())
				}
				if got != want {
					t.Fatalf("request %d, %s by %s: %s, not %s", i, key, caller, got, want)
				}
			}
		})
	}
}

// A CA that has been in memory for more than a day tells a key that was used again from what it was before.
func TestReceipts_RingsInMemoryGrowOld(t *testing.T) {
	w := newWorld(t)
	w.Runtime.Close()
	w.Options.IdleAfter = 100 * time.Hour
	w.Boot()
	add := func(i int) string { return show(w.Must(w.Await(w.keyed("Add", bus.Key{Text: fmt.Sprint("key", i)})))) }
	add(0)
	add(1)
	w.Clock.Advance(25 * time.Hour)
	if got := add(0); got != "3" {
		t.Fatal("a key of yesterday is forgotten:", got)
	}
	for i := range bus.KeysPerCaller - 1 {
		add(2 + i)
	}
	if got := add(0); got != "3" {
		t.Error("a key of today is not:", got)
	}
}
