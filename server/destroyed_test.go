package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func (c *cloud) Die(tx *Tx) { tx.Destroy() }

func (c *cloud) EndAndDie(tx *Tx, id string) error {
	err := tx.EndSubscription(id)
	tx.Destroy()
	tx.Destroy()
	return err
}

func (c *cloud) DieAndFail(tx *Tx) error {
	tx.Destroy()
	return errors.New("as asked")
}

// Pry sends to those who say farewell for others.
func (c *cloud) Pry(tx *Tx) error {
	_ = tx.Subscribe("channel/x/farewell", "OnPried")
	tx.Publish("channel/x/farewell", "a")
	return nil
}
func (c *cloud) OnPried(*Tx, Message[string]) error { return nil }

// befriended has alice of one site and bob of another linked, and returns the subscription's id.
func befriended(t *testing.T, a, b *site, name string) (id string) {
	t.Helper()
	id = ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bellOf(b.kit, "bob").URL, Relationship{Name: name}))
	until(t, "a request", func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
	until(t, "both linked", func() bool {
		return state(a.kit, "alice", id) == "established" && state(b.kit, "bob", id) == "established"
	}, a.kit, b.kit)
	return id
}

// couriers are what has yet to say farewell on a site.
func couriers(t *testing.T, h *site) (all []string) {
	t.Helper()
	for line := range strings.Lines(storedText(t, h.kit)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "cloud:channel/") {
			all = append(all, line)
		}
	}
	return all
}

func TestCHAN3_PeersHearThatACAIsDestroyed(t *testing.T) {
	for _, how := range []string{"Die", "EndAndDie"} {
		a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
		id := befriended(t, a, b, "friends")
		a.refused("alice", "cloud/alice/home/DieAndFail", `[]`, "failed")
		if s := state(a.kit, "alice", id); s != "established" {
			t.Fatal("what was undone has ended it:", s)
		}
		list := `[]`
		if how == "EndAndDie" {
			list = args(id)
		}
		a.want("alice", "cloud/alice/home/"+how, list, "null")
		until(t, "the end", func() bool { return state(b.kit, "bob", id) == "ended over" }, a.kit, b.kit)
		if heard := told(b.kit, "bob"); slices.Index(heard, "ended over") != len(heard)-1 {
			t.Error(how, heard)
		}
	}
}

// The peer is away, and the server of the one that was destroyed begins anew again and again: the farewell waits, and no ECI stands in what is stored.
func TestCHAN3_FarewellsOutliveTheirCAAndItsServer(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	id, bell := befriended(t, a, b, "friends"), bellOf(b.kit, "bob").ECI
	b.away.Store(true)
	a.want("alice", "cloud/alice/home/Die", `[]`, "null")
	for range 3 {
		a.restart()
		until(t, "who says farewell", func() bool { return len(couriers(t, a)) == 1 }, a.kit)
		if strings.Contains(storedText(t, a.kit), "/sky/event/") || strings.Contains(storedText(t, a.kit), bell[:12]) {
			t.Error("where peers are reached is stored in the clear")
		}
		a.clock.Advance(6 * time.Hour)
	}
	b.restart()
	b.away.Store(false)
	until(t, "the end", func() bool {
		if a.runtime.Quiet() && a.outgoing.Idle() { // a call to who was away may be under way still, and come again minutes after it has failed
			a.clock.Advance(time.Minute)
		}
		return state(b.kit, "bob", id) == "ended over"
	}, a.kit, b.kit)
	until(t, "nothing left", func() bool { return strings.Count(strings.Join(couriers(t, a), ""), "cloud:") <= 1 }, a.kit)
}

// Whoever was asked, or has asked, hears it too; and those of a subscription that had ended, and who had not heard so yet.
func TestCHAN3_FarewellsInEveryState(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	over := befriended(t, a, b, "over")
	asked := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bellOf(b.kit, "bob").URL, Relationship{Name: "asked"}))
	waits := ask[string](b.kit, "bob", "cloud/bob/home/Link", args(bellOf(a.kit, "alice").URL, Relationship{Name: "waits"}))
	until(t, "the requests", func() bool {
		return state(b.kit, "bob", asked) == "waiting" && state(a.kit, "alice", waits) == "waiting"
	}, a.kit, b.kit)
	b.away.Store(true)
	a.want("alice", "cloud/alice/home/End", args(over), "null")
	a.want("alice", "cloud/alice/home/Die", `[]`, "null")
	b.away.Store(false)
	until(t, "all ends", func() bool {
		return state(b.kit, "bob", over) == "ended over" && state(b.kit, "bob", asked) == "ended withdrawn" && state(b.kit, "bob", waits) == "ended refused"
	}, a.kit, b.kit)
}

// More than one courier carries.
func TestCHAN3_FarewellsToManyPeers(t *testing.T) {
	k := newSite(t, cloudApp())
	k.want("bob", "cloud/bob/home/Let", args("anyone", Attenuation{}), "null")
	bell := bellOf(k.kit, "bob").URL
	for i := range 230 {
		ask[string](k.kit, "alice", "cloud/alice/home/Link", args(bell, Relationship{Name: fmt.Sprint(i)}))
	}
	count := func(state string) (n int) {
		for _, l := range links(k.kit, "bob") {
			if l.State == state {
				n++
			}
		}
		return n
	}
	until(t, "all linked", func() bool { return count("established") == 230 }, k.kit)
	k.want("alice", "cloud/alice/home/Die", `[]`, "null")
	until(t, "all ended", func() bool { return count("ended") == 230 }, k.kit)
}

func TestCHAN3_NobodyElseHasFarewellsSaid(t *testing.T) {
	k := newSite(t, cloudApp())
	k.want("alice", "cloud/alice/home/Pry", `[]`, "null")
	k.rest()
	k.clock.Advance(time.Second)
	k.rest()
	k.want("alice", "cloud/alice/home/Log", `[]`, "null")
	if all := couriers(t, k); len(all) != 0 {
		t.Error(all)
	}
}

// At whatever commit the server dies, both the peer on the same server and the one on another hear it.
func TestCHAN3_FarewellsThroughTheStorm(t *testing.T) {
	from, to := stormSeeds(6)
	deaths := 0
	for seed := from; seed < to; seed++ {
		s := newLinkStorm(t, seed+2_000_000)
		alice, bob, carol := &s.people[0], &s.people[1], &s.people[2]
		for _, other := range []*person{bob, carol} {
			if a, _ := other.order("Ask", alice.bell, "quick", 0); a.Error.Code != "" {
				t.Fatal(a)
			}
			s.rest()
		}
		had := alice.links()
		for _, l := range had {
			if l.State != "established" {
				t.Fatalf("%+v", l)
			}
		}
		s.mortal = 10 // there are not many commits
		s.calm.Store(false)
		for _, p := range []*person{bob, carol} {
			for tries := 0; ; tries++ {
				s.revive()
				a, sure := p.order("Die")
				if sure && a.Error.Code == "" {
					break
				}
				if tries == 1000 {
					t.Fatalf("seed %d: %s does not die: %+v", seed, p.owner, a)
				}
				s.settle()
				s.advance(time.Second) // it may be dying, but for messages that come again
			}
		}
		for range 30 {
			s.revive()
			s.settle()
			s.advance(time.Duration(s.any(10_000)) * time.Millisecond)
			s.deliverLate()
		}
		s.calm.Store(true)
		s.revive()
		for range 30 {
			s.settle()
			s.advance(time.Minute)
		}
		s.rest()
		for id := range had {
			if l := alice.links()[id]; l.State != "ended" || l.End != "over" {
				text, _ := json.Marshal(l)
				t.Errorf("seed %d: %s", seed, text)
			}
		}
		for _, h := range s.sites {
			for _, ca := range h.memory.CAs() {
				if keys := h.memory.Keys(ca); strings.Contains(ca, ":channel/") && slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "hF") }) {
					t.Errorf("seed %d: %s is left with %q", seed, ca, keys)
				}
			}
		}
		deaths += s.deaths
	}
	if t.Log(deaths, "deaths"); to-from > 4 && deaths < 2 {
		t.Error("only", deaths, "deaths")
	}
}

// A CA that is no more has no channels, and its peers hear so, whatever they had begun with it.
func TestCHAN3_ACAThatIsDestroyed(t *testing.T) {
	s := newLinkStorm(t, 1)
	alice, bob, carol := &s.people[0], &s.people[1], &s.people[2]
	link := func(from, to *person, name string) (id string) {
		a, _ := from.order("Ask", to.bell, name, 0)
		if json.Unmarshal(a.Result, &id) != nil {
			t.Fatal(a)
		}
		s.rest()
		return id
	}
	for _, other := range []*person{alice, carol} { // on another server, and on the same as one another
		linked, waits := link(other, bob, "quick"), link(other, bob, "calm")
		if other.links()[linked].State != "established" || bob.links()[waits].State != "waiting" {
			t.Errorf("%+v %+v", other.links(), bob.links())
		}
	}
	near := link(carol, alice, "quick")
	asksBob := link(bob, alice, "calm")
	bob.order("Die")
	carol.order("Die")
	s.rest()
	if a, _ := alice.order("Yes", asksBob); a.Error.Code != "conflict" && a.Error.Code != "failed" {
		t.Error(a)
	}
	for id, l := range alice.links() {
		if l.State != "ended" {
			t.Errorf("%s: %+v", id, l)
		}
	}
	if l := alice.links()[near]; l.End != "over" {
		t.Errorf("%+v", l)
	}
}
