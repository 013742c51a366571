package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a peer has closed it has ended, also where it could not say so.
func TestCHAN3_APeerWithoutItsChannel(t *testing.T) {
	o := newOutsider(t, nil)
	h := newSite(t, cloudApp())
	id, m := asked(t, h, o, Relationship{})
	h.raise(m.Body["eci"], "system", "confirmSubscription", map[string]string{"id": id, "eci": "theirs"})
	o.mu.Lock()
	o.says = func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(410) }
	o.mu.Unlock()
	h.want("alice", "cloud/alice/home/RaiseMany", args(id, 3), "null")
	becomes(t, h.kit, "alice", id, "ended gone")
	until(t, "three to be undelivered", func() bool {
		n := 0
		for _, line := range told(h.kit, "alice") {
			if strings.HasPrefix(line, "undelivered chat:said"+strconv.Itoa(n)) {
				n++
			}
		}
		return n == 3
	}, h.kit)
	if a := h.do("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "late", nil)); a.Error.Code != "failed" {
		t.Error(a)
	}
}

// Events for a peer who is away wait, up to a limit, and keep neither other peers' events waiting nor the end of the subscription.
func TestCHAN3_APeerWhoIsAway(t *testing.T) {
	var away sync.Map
	h := newSite(t, cloudApp())
	o := newOutsider(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if _, is := away.Load(strings.Split(r.URL.Path, "/")[3]); is {
			w.WriteHeader(503)
		}
	})
	join := func(theirs string) string {
		id, m := asked(t, h, o, Relationship{Name: theirs})
		h.raise(m.Body["eci"], "system", "confirmSubscription", map[string]string{"id": id, "eci": theirs})
		becomes(t, h.kit, "alice", id, "established")
		return id
	}
	gone, here := join("the-one-away"), join("the-one-here")
	away.Store("the-one-away", true)
	h.want("alice", "cloud/alice/home/RaiseMany", args(gone, 250), "null")
	if a := h.do("alice", "cloud/alice/home/RaiseMany", args(gone, 1)); a.Error.Code != "failed" || !strings.Contains(a.Error.Message, "250") {
		t.Error(a)
	}
	h.want("alice", "cloud/alice/home/RaiseMany", args(here, 100), "null")
	tenths(t, 100, "events of the other", func() (n int) {
		for _, l := range o.letters("") {
			if l.ECI == "the-one-here" && strings.HasPrefix(l.Type, "said") {
				if want := fmt.Sprint("said", n); l.Type != want {
					t.Fatal(l.Type, want)
				}
				n++
			}
		}
		return n
	}, h.kit)
	h.want("alice", "cloud/alice/home/End", args(gone), "null")
	if s := state(h.kit, "alice", gone); s != "ended over" {
		t.Error(s)
	}
	before := len(o.letters(""))
	away.Clear()
	h.clock.Advance(10 * time.Minute)
	tenths(t, 250, "events that waited", func() int { return len(o.letters("")) - before }, h.kit)
	until(t, "the farewell", func() bool { return len(o.letters("endSubscription")) == 1 }, h.kit)
	if n := len(o.letters("said249")); n != 1 {
		t.Error(n)
	}
}

// Every state is as it was after both servers have begun anew, and the dance goes on.
func TestCHAN3_RestartsInEveryState(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	again := func() {
		a.restart()
		b.restart()
	}
	bell := bellOf(b.kit, "bob")
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Name: "n", Why: "w", Kind: "reader-writer"}))
	again()
	until(t, "a request", func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	again()
	b.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{Events: []Pattern{{"chat", "*"}}}), "null")
	again()
	until(t, "both linked, and the asker's server asked who asks", func() bool {
		bobs := subscriptionOf(b.kit, "bob", id)
		return state(a.kit, "alice", id) == "established" && bobs.State == "established" && bobs.Verified
	}, a.kit, b.kit)
	before := fmt.Sprint(links(a.kit, "alice"), links(b.kit, "bob"))
	again()
	if after := fmt.Sprint(links(a.kit, "alice"), links(b.kit, "bob")); after != before {
		t.Errorf("%s became %s", before, after)
	}
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "said", nil), "null")
	again()
	until(t, "the event, and its answer: one that came again after the end would be told that it is over before its owner is", func() bool {
		return len(ask[[]string](b.kit, "bob", "cloud/bob/home/Log", `[]`)) == 1 && len(a.pendingOf([]string{"cloud:alice/home"})) == 0
	}, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/End", args(id), "null")
	again()
	becomes(t, a.kit, "alice", id, "ended over", b.kit)
	again()
	if s := state(a.kit, "alice", id); s != "ended over" {
		t.Error(s)
	}
}

// An event that comes again after days, when its receipt is gone, is not run again: a server may have been away just after it had taken it.
func TestCHAN3_AnEventThatComesAgainAfterDays(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	id, m := asked(t, h, o, Relationship{Allow: Attenuation{Events: []Pattern{{"chat", "*"}}}})
	h.raise(m.Body["eci"], "system", "confirmSubscription", map[string]string{"id": id, "eci": "theirs"})
	send := func(eid string) {
		t.Helper()
		if status, body := h.event("POST", "/sky/event/"+m.Body["eci"]+"/"+eid+"/chat/said", "application/json", `{}`); status != 200 {
			t.Fatal(status, body)
		}
	}
	for range 3 {
		send("first")
		send("none")
		send("second")
		send("second")
	}
	for range 3 {
		h.clock.Advance(25 * time.Hour)
		send("second")
		h.restart()
		send("second")
	}
	if heard := ask[[]string](h.kit, "alice", "cloud/alice/home/Log", `[]`); len(heard) != 5 {
		t.Errorf("%q", heard)
	}
	h.want("alice", "cloud/alice/home/End", args(id), "null")
}
