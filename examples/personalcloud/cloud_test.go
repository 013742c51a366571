package personalcloud

import (
	"slices"
	"strings"
	"testing"
)

func TestCHAN6_ByAddressAndWithProfileUpdatesOnly(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	a.do("SetProfile", map[string]any{"name": "Alice", "phone": "1"})
	b.do("Profile")
	id := ask[string](a, "Connect", b.address(), allowing("profile:updated"))
	a.waitState(id, "pending")
	r := b.waitRequest()
	if r.ID != id || r.From != a.address() || r.Name != "friend" || r.Host != a.url || !strings.HasPrefix(r.At, "20") || !strings.HasSuffix(r.At, "Z") {
		t.Errorf("the request is %+v", r)
	}
	b.do("Approve", id, allowing("profile:updated"))
	for _, c := range []cloud{a, b} {
		c.waitState(id, "established")
	}
	s := ask[[]Subscription](a, "Subscriptions")[0]
	if s.Name != "friend" || s.Namespace != "test" || s.RxRole != "friend" || s.TxRole != "friend" || s.Peer != b.address() {
		t.Errorf("alice has %+v", s)
	}
	if s := ask[[]Subscription](b, "Subscriptions")[0]; s.Peer != a.address() {
		t.Errorf("bob has %+v", s)
	}

	phone := func(want string) func() bool {
		return func() bool { return entries[Contact](b, "contacts")[id].Card["phone"] == want }
	}
	b.until("alice's card", phone("1"))
	a.do("SetProfile", map[string]any{"phone": "+33 2"})
	b.until("alice's new phone", phone("+33 2"))

	// what bob does not take is refused, and alice hears why
	a.do("Message", id, "Are you there?")
	a.until("the refusal", func() bool { return entries[Contact](a, "contacts")[id].Refuses["message:text"] != "" })
	for _, m := range entries[Message](a, "messages") {
		if !strings.HasPrefix(m.Problem, "bob does not take messages: ") {
			t.Errorf("the message's problem is %q", m.Problem)
		}
	}
	if got := b.events(); !slices.Equal(got, []string{"profile:updated", "profile:updated"}) {
		t.Errorf("bob has received %v", got)
	}

	b.do("End", id)
	for _, c := range []cloud{a, b} {
		c.until("the end", func() bool { return c.state(id) == "" })
	}
	if got := a.call("RaiseOn", id, "profile", "updated", map[string]any{}); !strings.Contains(got, `"error"`) {
		t.Errorf("after the end: %s", got)
	}
}

func TestCHAN2_RefusedWithAReason(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	b.do("Profile")
	id := ask[string](a, "Connect", b.address(), map[string]any{"name": "friend"})
	b.until("who asks", func() bool { return b.waitRequest().Verified })
	b.do("Decline", id, "I know no Alice.")
	a.until("the refusal", func() bool {
		l := entries[Link](a, "links")[id]
		return l.State == "ended" && l.End == "refused" && l.Reason == "I know no Alice."
	})
	if got := a.call("Subscriptions"); got != `{"result":[]}` {
		t.Errorf("alice has %s", got)
	}
	if got := b.call("Inbox"); got != `{"result":[]}` {
		t.Errorf("bob's inbox is %s", got)
	}

	// bob knows alice the next time
	second := ask[string](a, "Connect", b.address(), allowing())
	b.until("the history", func() bool { r := b.waitRequest(); return r.Verified && strings.Contains(r.History, "refused 1") })
	a.do("End", second)
	b.until("the withdrawal", func() bool { return b.call("Inbox") == `{"result":[]}` })
	a.do("Forget", id)
	if l := entries[Link](a, "links"); l[id].State != "" {
		t.Errorf("alice has %+v", l)
	}
}

func TestEventsComeOnceInOrderAndBothWays(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	b.do("Profile")
	id := linked(a, b, []string{"*:*"}, []string{"ping:*"})
	want := []string{}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		a.do("RaiseOn", id, "ping", "sent", map[string]any{"n": n})
		want = append(want, "ping:sent "+n)
	}
	b.until("five events", func() bool { return slices.Equal(b.events(), want) })
	b.do("RaiseOn", id, "any", "thing", map[string]any{"deep": map[string]any{"er": []int{1}}})
	a.until("one event", func() bool { return slices.Equal(a.events(), []string{"any:thing"}) })
	e := ask[[]Received](a, "Received")[0]
	if e.Subscription != id || e.Attributes["deep"] == nil || !strings.HasSuffix(e.At, "Z") {
		t.Errorf("alice has received %+v", e)
	}
	b.do("Allow", id, allowing())
	a.do("RaiseOn", id, "ping", "sent", map[string]any{"n": "6"})
	a.until("the refusal", func() bool { return entries[Contact](a, "contacts")[id].Refuses["ping:sent"] != "" })
	if got := b.events(); !slices.Equal(got, want) {
		t.Errorf("bob has received %v", got)
	}
}

// TestAnEnginesWay links by host and eci, in the words that engines use.
func TestAnEnginesWay(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	for _, other := range []cloud{b, a.site.cloud("carol")} {
		bell := ask[Bell](other, "Doorbell")
		id := ask[string](a, "Connect", map[string]any{"host": bell.URL, "eci": bell.ECI}, map[string]any{"name": "engine", "rx_role": "house", "tx_role": "sensor", "allow": allowing("*:*")["allow"]})
		r := other.waitRequest()
		if r.ID != id || r.Name != "engine" || r.RxRole != "sensor" || r.TxRole != "house" {
			t.Errorf("the request is %+v", r)
		}
		other.do("Approve", id, allowing("*:*"))
		a.waitState(id, "established")
		other.waitState(id, "established")
		a.do("RaiseOn", id, "ping", "sent", map[string]any{"n": 1})
		other.until("the event", func() bool { return slices.Equal(other.events(), []string{"ping:sent 1"}) })
		other.do("End", id)
		a.until("the end", func() bool { return a.state(id) == "" })
	}
}

func TestMessagesGoBothWaysOnOneServer(t *testing.T) {
	home := newSite(t)
	a, b := home.cloud("alice"), home.cloud("bob")
	a.do("SetProfile", map[string]any{"name": "Alice Moreau"})
	b.do("Profile")
	id := linked(a, b, []string{"profile:updated", "message:text"}, []string{"profile:updated", "message:text"})
	a.do("Message", id, " Hello ")
	b.until("the message", func() bool {
		for _, m := range entries[Message](b, "messages") {
			return m.Text == "Hello" && m.Link == id && !m.Mine
		}
		return false
	})
	b.until("the card", func() bool { return entries[Contact](b, "contacts")[id].Card["name"] == "Alice Moreau" })
	if a.call("Message", id, "") == `{"result":null}` || a.call("Message", id, strings.Repeat("x", 5000)) == `{"result":null}` {
		t.Error("a message can be empty, or endless")
	}
}

func TestAnInvitationLetsInOnce(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	secret := ask[string](b, "Invite", map[string]any{"allow": allowing("a:b")["allow"], "hours": 1})
	terms := allowing()
	terms["invitation"] = secret
	id := ask[string](a, "Connect", b.address(), terms)
	a.waitState(id, "established")
	second := ask[string](a, "Connect", b.address(), terms)
	if r := b.waitRequest(); r.ID != second {
		t.Errorf("waiting is %+v", r)
	}
}

func TestCHAN1_OwnChannels(t *testing.T) {
	home := newSite(t)
	a := home.cloud("alice")
	url := ask[string](a, "MakeChannel", "gadget", map[string]any{"allow": allowing("weather:*")["allow"], "rate": 60, "hours": 1})
	path := strings.TrimPrefix(url, home.url)
	if got := home.post(path+"/none/weather/measured", "", `{"n":21}`); !strings.Contains(got, `"eid"`) {
		t.Errorf("the answer is %s", got)
	}
	if got := home.post(path+"/none/profile/updated", "", `{"name":"Mallory"}`); !strings.Contains(got, `"not_allowed"`) {
		t.Errorf("the answer is %s", got)
	}
	if got := a.events(); !slices.Equal(got, []string{"weather:measured 21"}) {
		t.Errorf("alice has received %v", got)
	}
	for _, u := range ask[[]Use](a, "Channels") {
		if u.Name == "gadget" && (u.Kind != "own" || u.Accepted != 1 || u.Denied != 1 || u.Expires == "" || u.Last == "") {
			t.Errorf("the channel is %+v", u)
		}
	}
	expires := func() string {
		for _, u := range ask[[]Use](a, "Channels") {
			if u.Name == "gadget" {
				return u.Expires
			}
		}
		return "never made"
	}
	before := expires()
	ask[string](a, "MakeChannel", "gadget", map[string]any{"allow": allowing("weather:*", "photo:*")["allow"], "rate": -1, "hours": -1})
	if got := expires(); got != before {
		t.Errorf("changed and as it is otherwise, it is good until %s, not %s", got, before)
	}
	if ask[string](a, "ChannelLink", "gadget") != url {
		t.Error("the link is another the next time")
	}
	for _, label := range []string{"doorbell", "sub-123456", "No name"} {
		if got := a.call("MakeChannel", label, map[string]any{}); !strings.Contains(got, `"failed"`) {
			t.Errorf("%s: %s", label, got)
		}
	}
	a.do("RemoveChannel", "gadget")
	if got := home.post(path+"/none/weather/measured", "", `{}`); !strings.Contains(got, `"not_found"`) {
		t.Errorf("after its removal: %s", got)
	}
}

func TestWhoDoesNotWantToBeFoundIsNotThere(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	b.do("BeFound", false)
	id := ask[string](a, "Connect", b.address(), allowing())
	a.until("that bob is not there", func() bool { l := entries[Link](a, "links")[id]; return l.End == "failed" && l.Reason != "" })
	t.Log(entries[Link](a, "links")[id].Reason)

	// by the doorbell itself, bob can be asked
	bell := ask[Bell](b, "Doorbell")
	if bell.URL != b.url || bell.ECI == "" {
		t.Fatalf("the doorbell is %+v", bell)
	}
	ask[string](a, "Connect", bell.URL+"/sky/event/"+bell.ECI, allowing())
	b.waitRequest()
}

func TestTheWhitePagesAreOptedInto(t *testing.T) {
	a := newSite(t).cloud("alice")
	listed := func() string {
		a.call("Profile")
		return a.post("/api/whitepages/commons/pages/Search", a.tokens["alice"], `["alice",5]`)
	}
	a.do("SetProfile", map[string]any{"name": "Alice Moreau", "about": "Letterpress.\nAnd more.", "phone": "1"})
	if got := listed(); got != `{"result":[]}` {
		t.Errorf("before she says so: %s", got)
	}
	a.do("BeListed", true)
	a.until("the entry", func() bool {
		return strings.Contains(listed(), `"name":"Alice Moreau"`) && strings.Contains(listed(), `"about":"Letterpress."`) && strings.Contains(listed(), a.address())
	})
	a.do("SetProfile", map[string]any{"name": "Alice M."})
	a.until("the new name", func() bool { return strings.Contains(listed(), `"Alice M."`) })
	a.do("BeListed", false)
	a.until("its end", func() bool { return listed() == `{"result":[]}` })

	a.do("BeFound", false)
	a.do("SetProfile", map[string]any{"name": "\u202eecila"}) // would turn what stands beside it
	a.do("BeListed", true)
	a.until("that her name is not taken", func() bool {
		for _, e := range entries[Entry](a, "activity") {
			if e.Kind == "unlisted" && e.Bad && e.Text != "" {
				return entries[any](a, "settings")["listed"] == false
			}
		}
		return false
	})
}

func TestCA1_WhatCantBeChangesNothing(t *testing.T) {
	a := newSite(t).cloud("alice")
	a.do("SetProfile", map[string]any{"phone": "1"})
	many := map[string]any{}
	for _, c := range strings.Split("abcdefghijklmnopqrstuvwxyz0123456789", "") {
		many[c] = "x"
	}
	for _, fields := range []map[string]any{{"phone": "2", "": "x"}, {"phone": "2", "deep": map[string]any{}}, {"phone": "2", "long": strings.Repeat("x", 5000)}, many} {
		if got := a.call("SetProfile", fields); !strings.Contains(got, `"failed"`) {
			t.Errorf("%.60v: %.200s", fields, got)
		}
	}
	if got := a.call("Profile"); got != `{"result":{"name":"alice","phone":"1"}}` {
		t.Errorf("the card is %s", got)
	}
	a.do("SetProfile", map[string]any{"phone": "", "age": 7})
	if got := a.call("Profile"); got != `{"result":{"age":7,"name":"alice"}}` {
		t.Errorf("the card is %s", got)
	}
	for _, target := range []any{"", 7, nil, map[string]any{"host": "x"}, "alice@" + a.host()} {
		if got := a.call("Connect", target, map[string]any{}); !strings.Contains(got, `"error"`) && target != "alice@"+a.host() {
			t.Errorf("%v: %s", target, got)
		}
	}
	for _, method := range []string{"Approve", "Allow"} {
		if got := a.call(method, "nothing", map[string]any{}); !strings.Contains(got, `"error"`) {
			t.Errorf("%s: %s", method, got)
		}
	}
	for _, method := range []string{"Refuse", "End"} {
		if got := a.call(method, "nothing"); !strings.Contains(got, `"error"`) {
			t.Errorf("%s: %s", method, got)
		}
	}
}

func TestCHAN1_NoECIStandsInAMap(t *testing.T) {
	a, b := newSite(t).cloud("alice"), newSite(t).cloud("bob")
	bell := ask[Bell](b, "Doorbell")
	id := ask[string](a, "Connect", bell.URL+"/sky/event/"+bell.ECI, allowing("*:*"))
	b.do("Approve", b.waitRequest().ID, allowing("*:*"))
	a.waitState(id, "established")
	a.do("Message", id, "hello")
	b.until("the message", func() bool { return len(entries[Message](b, "messages")) == 1 })
	for _, label := range []string{"profile", "settings", "links", "contacts", "inbox", "messages", "activity", "received", "known"} {
		for _, c := range []cloud{a, b} {
			for key, v := range entries[any](c, label) {
				if text := textOf(v); strings.Contains(text, bell.ECI) || strings.Contains(text, "/sky/") {
					t.Errorf("%s's map %s has at %s: %s", c.owner, label, key, text)
				}
			}
		}
	}
}
