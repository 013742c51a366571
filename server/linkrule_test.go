package server

import (
	"strings"
	"testing"
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
