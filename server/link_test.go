package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Who asks and withdraws again and again fills nothing up: what has ended makes room.
func TestCHAN2_RequestsThatComeAndGo(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	bell := bellOf(h.kit, "alice").ECI
	first, _ := asked(t, h, o, Relationship{})
	for i := range 1100 {
		id := fmt.Sprint("flood-", i)
		if status, body := h.raise(bell, "system", "requestSubscription", request(id, "back", o.URL, "vouch", "not.a.vouch")); status != 200 {
			t.Fatal(i, status, body)
		}
		if status, body := h.raise(bell, "system", "withdrawSubscription", map[string]string{"id": id, "eci": "back"}); status != 200 {
			t.Fatal(i, status, body)
		}
	}
	asked(t, h, o, Relationship{})
	if n := len(links(h.kit, "alice")); n > 1000 || state(h.kit, "alice", first) != "pending" {
		t.Error(n, state(h.kit, "alice", first))
	}
}

// A CA has a thousand subscriptions that live; ending one makes room.
func TestCHAN3_AThousandLinks(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	link := func() said { return h.do("alice", "cloud/alice/home/Link", args(o.bell(), Relationship{})) }
	for i := range 1000 {
		if a := link(); a.Error.Code != "" {
			t.Fatal(i, a)
		}
	}
	tenths(t, 1000, "requests", func() int { return len(o.letters("requestSubscription")) }, h.kit)
	until(t, "their answers", func() bool { return !h.busy() }, h.kit)
	if a := link(); a.Error.Code != "failed" || !strings.Contains(a.Error.Message, "1,000") {
		t.Error(a)
	}
	h.want("alice", "cloud/alice/home/End", args(links(h.kit, "alice")[500].ID), "null")
	if a := link(); a.Error.Code != "" || len(links(h.kit, "alice")) != 1000 {
		t.Error(a, len(links(h.kit, "alice")))
	}
	h.stop()
	h.clock.Advance(31 * 24 * time.Hour)
	h.start()
	tenths(t, 1000, "that have expired", func() int {
		return 1000 - len(slices.DeleteFunc(links(h.kit, "alice"), func(s Subscription) bool { return s.State == "ended" }))
	}, h.kit)
	tenths(t, 1000, "farewells", func() int { return len(o.letters("withdrawSubscription")) }, h.kit)
	until(t, "rest", h.runtime.Quiet, h.kit)
}

// tenths waits for so many of something, a tenth of them at a time: the patience of until is for what stands still, not for how long all take.
func tenths(t *testing.T, of int, what string, count func() int, all ...*kit) {
	t.Helper()
	for n := of / 10; n <= of; n += of / 10 {
		until(t, fmt.Sprint(n, " ", what), func() bool { return count() >= n }, all...)
	}
}

func TestCHAN2_RequestsExpireOnBothSides(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	bell := bellOf(b.kit, "bob")
	long := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{}))
	short := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Within: time.Hour}))
	until(t, "two requests", func() bool { return len(ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`)) == 2 }, a.kit, b.kit)
	for _, h := range []*site{a, b} {
		h.clock.Advance(61 * time.Minute)
	}
	becomes(t, a.kit, "alice", short, "ended expired", b.kit)
	until(t, "its withdrawal", func() bool { return state(b.kit, "bob", short) == "ended withdrawn" }, a.kit, b.kit)
	if a := b.do("bob", "cloud/bob/home/Yes", args(short, Attenuation{})); a.Error.Code != "failed" {
		t.Error(a)
	}
	days := func(n int) {
		for range n {
			a.sleep(24 * time.Hour)
			b.sleep(24 * time.Hour)
			until(t, "rest", func() bool { return a.runtime.Quiet() && b.runtime.Quiet() && a.outgoing.Idle() && b.outgoing.Idle() }, a.kit, b.kit)
		}
	}
	days(30)
	until(t, "the end", func() bool {
		return state(a.kit, "alice", long) == "ended expired" && strings.HasPrefix(state(b.kit, "bob", long), "ended")
	}, a.kit, b.kit)
	if a := b.do("bob", "cloud/bob/home/Yes", args(long, Attenuation{})); a.Error.Code != "failed" {
		t.Error(a)
	}
	days(9)
	until(t, "all to be forgotten", func() bool { return len(links(a.kit, "alice")) == 0 && len(links(b.kit, "bob")) == 0 }, a.kit, b.kit)
	for _, path := range []string{"alice/home/maps/pending-subscriptions", "alice/home/maps/subscriptions"} {
		if entries, status := a.entries("alice", "cloud/"+path); strings.Contains(entries, long) || status == 500 {
			t.Error(path, status, entries)
		}
	}
}

// A confirm that comes when the asker's patience is over undoes the approver's link.
func TestCHAN3_AConfirmTooLate(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bellOf(b.kit, "bob").URL, Relationship{Within: time.Hour}))
	until(t, "a request", func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	b.away.Store(true) // the withdrawal does not arrive
	a.clock.Advance(2 * time.Hour)
	becomes(t, a.kit, "alice", id, "ended expired")
	b.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
	becomes(t, b.kit, "bob", id, "ended gone")
	if rooms := ask[[]ChannelInfo](b.kit, "bob", "cloud/bob/home/List", `[]`); len(rooms) != 1 {
		t.Errorf("%+v", rooms)
	}
}

// What a channel allows for a time ends without its subscription: else one side would take it for ended, and the other not.
func TestCHAN3_WhatIsAllowedForATime(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	until24 := Attenuation{Events: []Pattern{{"chat", "*"}}, Expires: a.clock.Now().Add(24 * time.Hour)}
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bellOf(b.kit, "bob").URL, Relationship{Allow: until24}))
	until(t, "a request", func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/Yes", args(id, until24), "null")
	becomes(t, b.kit, "bob", id, "established", a.kit)
	a.clock.Advance(25 * time.Hour)
	b.clock.Advance(25 * time.Hour)
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "said", nil), "null")
	until(t, "to be told", func() bool { return strings.Contains(fmt.Sprint(told(a.kit, "alice")), "undelivered chat:said") }, a.kit, b.kit)
	if state(a.kit, "alice", id) != "established" || state(b.kit, "bob", id) != "established" {
		t.Error(state(a.kit, "alice", id), state(b.kit, "bob", id))
	}
	a.want("alice", "cloud/alice/home/End", args(id), "null")
	becomes(t, b.kit, "bob", id, "ended over", a.kit)
}

// What the app begins and gives up without a word leaves nothing behind.
func TestCHAN3_AStepThatFailsLeavesNothing(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	for _, r := range []Relationship{
		{Name: strings.Repeat("n", 1025)}, {Why: strings.Repeat("w", 4097)}, {Allow: Attenuation{Events: []Pattern{{"", ""}}}}, {Allow: Attenuation{Rate: Rate{Events: 1}}},
	} {
		for _, target := range []string{o.bell(), "bob@" + strings.TrimPrefix(o.URL, "http://")} {
			h.want("alice", "cloud/alice/home/Waver", args(target, r), "false")
		}
	}
	if all, rooms := links(h.kit, "alice"), ask[[]ChannelInfo](h.kit, "alice", "cloud/alice/home/List", `[]`); len(all) != 0 || len(rooms) != 0 {
		t.Errorf("%+v %+v", all, rooms)
	}
	until(t, "rest", func() bool { return h.runtime.Quiet() && h.outgoing.Idle() }, h.kit)
	if n := len(o.letters("")); n != 0 {
		t.Error(n, "calls were made")
	}
}
