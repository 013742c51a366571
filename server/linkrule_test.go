package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func (c *cloud) LetKnown(tx *Tx, n int, a Attenuation) error {
	if err := tx.DoorbellAllows(a); err != nil {
		return err
	}
	return tx.Allow(Known(uint64(n)), "doorbell-approve")
}

// Whoever has done something here on a subscription is known for it, and let in by that when they ask for another; whoever only says that they are the same is not.
func TestCHAN2_WhoIsKnownIsLetIn(t *testing.T) {
	a, b, o := newSite(t, cloudApp()), newSite(t, cloudApp()), newOutsider(t, nil)
	chat := Attenuation{Events: []Pattern{{"chat", "*"}}}
	b.want("bob", "cloud/bob/home/LetKnown", args(3, chat), "null")
	bell := bellOf(b.kit, "bob")
	link := func(want string) string {
		t.Helper()
		id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{}))
		until(t, "it to be "+want, func() bool { s := subscriptionOf(b.kit, "bob", id); return s.State == want && s.Verified }, a.kit, b.kit)
		return id
	}
	id := link("waiting")
	b.want("bob", "cloud/bob/home/Yes", args(id, chat), "null")
	becomes(t, a.kit, "alice", id, "established", b.kit)
	a.do("alice", "cloud/alice/home/RaiseMany", args(id, 2))
	until(t, "two events", func() bool { return len(ask[[]string](b.kit, "bob", "cloud/bob/home/Log", `[]`)) == 2 }, a.kit, b.kit)
	waits := link("waiting")
	a.do("alice", "cloud/alice/home/RaiseMany", args(id, 3))
	until(t, "five events", func() bool { return len(ask[[]string](b.kit, "bob", "cloud/bob/home/Log", `[]`)) == 5 }, a.kit, b.kit)
	link("established")
	if s := state(b.kit, "bob", waits); s != "waiting" {
		t.Error("what waited has become", s)
	}
	name := "cloud:alice/home@" + strings.TrimPrefix(a.url, "http://")
	b.raise(bell.ECI, "system", "requestSubscription", request("forged", "back", o.URL, "from", name))
	if s := subscriptionOf(b.kit, "bob", "forged"); s.State != "waiting" || s.Verified {
		t.Errorf("%+v", s)
	}
}

// What a peer says of the end is shown without the ECIs that it was told.
func TestCHAN1_PeersWordsHoldNoECI(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	for _, typ := range []string{"refuseSubscription", "endSubscription"} {
		id, m := asked(t, h, o, Relationship{})
		back := m.Body["eci"]
		if typ == "endSubscription" {
			h.raise(back, "system", "confirmSubscription", map[string]string{"id": id, "eci": "their-channel-to-us"})
		}
		if status, body := h.raise(back, "system", typ, map[string]string{"id": id, "reason": "by " + back + " and their-channel-to-us"}); status != 200 {
			t.Fatal(status, body)
		}
		if s := subscriptionOf(h.kit, "alice", id); s.State != "ended" || !strings.HasPrefix(s.Reason, "by ") || strings.Contains(s.Reason, back) {
			t.Errorf("%+v", s)
		}
	}
}

// Somebody outside who knows an ECI of a CA learns nothing by asking with it, and takes no room from its owner.
func TestCHAN2_AnECIOfOursIsNoName(t *testing.T) {
	h := newSite(t, cloudApp())
	bell, alices := bellOf(h.kit, "bob").ECI, bellOf(h.kit, "alice").ECI
	for i := range 20 {
		id := string(rune('a' + i))
		if status, body := h.raise(bell, "system", "requestSubscription", request(id, alices, "", "from", "cloud:alice/home@elsewhere.example")); status != 200 {
			t.Fatal(status, body)
		}
		if s := subscriptionOf(h.kit, "bob", id); s.Verified || strings.Contains(s.Peer, "alice") {
			t.Errorf("%+v", s)
		}
	}
	if status, _ := h.raise(bell, "system", "requestSubscription", request("more", alices, "")); status != 429 {
		t.Error(status)
	}
	id := ask[string](h.kit, "alice", "cloud/alice/home/Link", args(bell, Relationship{}))
	until(t, "alice's own request", func() bool { s := subscriptionOf(h.kit, "bob", id); return s.State == "waiting" && s.Verified }, h.kit)
}

func TestCHAN2_WhoIsCertainIsKnownToRules(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	host := strings.TrimPrefix(a.url, "http://")
	b.want("bob", "cloud/bob/home/Let", args("cloud:alice/home@"+host, Attenuation{Events: []Pattern{{"chat", "*"}}}), "null")
	bell := bellOf(b.kit, "bob")
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Name: "vouched for"}))
	until(t, "alice to be let in", func() bool { return state(b.kit, "bob", id) == "established" }, a.kit, b.kit)
	if s := subscriptionOf(b.kit, "bob", id); !s.Verified || s.Peer != "cloud:alice/home@"+host {
		t.Errorf("%+v", s)
	}
	carols := ask[string](a.kit, "carol", "cloud/carol/home/Link", args(bell.URL, Relationship{}))
	until(t, "carol to wait", func() bool { s := subscriptionOf(b.kit, "bob", carols); return s.State == "waiting" && s.Verified }, a.kit, b.kit)
	// Whoever says that they are alice, and shows what alice's server has signed for another request, is a stranger.
	o := newOutsider(t, nil)
	stolen := ""
	a.do("alice", "cloud/alice/home/Link", args(o.bell(), Relationship{}))
	until(t, "a request to the thief", func() bool { return len(o.letters("requestSubscription")) == 1 }, a.kit)
	if stolen = o.letters("requestSubscription")[0].Body["vouch"]; stolen == "" {
		t.Error("nobody vouches for alice")
	}
	for i, more := range [][]string{{}, {"vouch", stolen}, {"vouch", "nonsense"}, {"vouch", strings.Repeat("x", 4000)}} {
		id := fmt.Sprint("thief-", i)
		for _, server := range []string{o.URL, a.url} {
			id += "x"
			if status, body := b.raise(bell.ECI, "system", "requestSubscription", request(id, "back", server, append(more, "from", "cloud:alice/home@"+host)...)); status != 200 {
				t.Fatal(status, body)
			}
		}
	}
	until(t, "rest", func() bool { return b.outgoing.Idle() && b.runtime.Quiet() }, a.kit, b.kit)
	for _, s := range ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`) {
		if strings.HasPrefix(s.ID, "thief") && s.Verified {
			t.Errorf("%+v", s)
		}
	}
	if n := len(ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`)); n != 9 {
		t.Error(n)
	}
	// Whom a rule bars is refused when it is known for certain who asks.
	b.want("bob", "cloud/bob/home/Ban", args("cloud:carol/home@"+host), "null")
	barred := ask[string](a.kit, "carol", "cloud/carol/home/Link", args(bell.URL, Relationship{}))
	becomes(t, a.kit, "carol", barred, "ended refused", b.kit)
	b.want("bob", "cloud/bob/home/BanAll", `[]`, "null")
	barred = ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{}))
	becomes(t, a.kit, "alice", barred, "ended refused", b.kit)
	if s := state(b.kit, "bob", barred); s != "" {
		t.Error("who is barred is remembered:", s)
	}
}

func TestCHAN2_RulesAboutThoseOfThisServer(t *testing.T) {
	h := newSite(t, cloudApp())
	bell := bellOf(h.kit, "bob")
	try := func(owner, want string, r Relationship) string {
		t.Helper()
		id := ask[string](h.kit, owner, "cloud/"+owner+"/home/Link", args(bell.ECI, r))
		until(t, owner+" "+want, func() bool { return state(h.kit, owner, id) == want && h.runtime.Quiet() }, h.kit)
		return id
	}
	waits := try("alice", "pending", Relationship{})
	until(t, "a request", func() bool { return state(h.kit, "bob", waits) == "waiting" }, h.kit)
	h.want("bob", "cloud/bob/home/Let", args("alice/home", Attenuation{}), "null")
	try("alice", "established", Relationship{})
	until(t, "the other to wait", func() bool { return state(h.kit, "bob", try("carol", "pending", Relationship{})) == "waiting" }, h.kit)
	h.want("bob", "cloud/bob/home/Put", args("friends", "carol/home", true), "null")
	h.want("bob", "cloud/bob/home/LetGroup", args("bob/home/friends", Attenuation{}), "null")
	try("carol", "established", Relationship{})
	h.want("bob", "cloud/bob/home/Ban", args("alice/home"), "null")
	try("alice", "ended refused", Relationship{})
	h.want("bob", "cloud/bob/home/Let", args("anyone", Attenuation{}), "null")
	try("dan", "established", Relationship{})
	try("alice", "ended refused", Relationship{})
	h.want("bob", "cloud/bob/home/BanAll", `[]`, "null")
	try("dan", "ended refused", Relationship{})
}

func TestCHAN2_Invitations(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	bell := bellOf(h.kit, "bob").ECI
	invite := func(ms int) string {
		return ask[Invitation](h.kit, "bob", "cloud/bob/home/Invite", args(Attenuation{Events: []Pattern{{"chat", "*"}}}, ms)).Secret
	}
	try := func(id, secret, want string) {
		t.Helper()
		if status, body := h.raise(bell, "system", "requestSubscription", request(id, "back-"+id, o.URL, "invitation", secret)); status != 200 {
			t.Fatal(id, status, body)
		}
		becomes(t, h.kit, "bob", id, want)
	}
	once, short := invite(1_000_000), invite(1000)
	try("first", once, "established")
	try("second", once, "waiting")
	try("wrong", "nothing", "waiting")
	try("empty", "", "waiting")
	h.clock.Advance(2 * time.Second)
	try("late", short, "waiting")
	try("never", invite(0), "waiting")
	race := invite(1_000_000)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a := request(fmt.Sprint("race-", i), fmt.Sprint("back-race-", i), o.URL, "invitation", race)
			body, _ := json.Marshal(a)
			h.event("POST", fmt.Sprintf("/sky/event/%s/race-%d/system/requestSubscription", bell, i), "application/json", string(body))
		})
	}
	all.Wait()
	until(t, "one to win", func() bool {
		return len(slices.DeleteFunc(links(h.kit, "bob"), func(s Subscription) bool { return s.State != "established" })) == 2
	}, h.kit)
	if n := len(links(h.kit, "bob")); n != 14 {
		t.Error(n)
	}
	h.want("bob", "cloud/bob/home/Revoke", `[]`, "null")
	for range 100 {
		invite(1_000_000)
	}
	if a := h.do("bob", "cloud/bob/home/Invite", args(Attenuation{}, 1000)); a.Error.Code != "failed" {
		t.Error("the 101st:", a)
	}
	h.clock.Advance(1001 * time.Second)
	invite(1000)
}
