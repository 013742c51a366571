package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Hosts are brought into one form, and what is sent there has the paths that engines know.
func TestCHAN3_HostsOfManyForms(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	bell := bellOf(h.kit, "bob").ECI
	for i, host := range []string{o.URL, o.URL + "/", o.URL + "///", strings.Replace(o.URL, "http", "HTTP", 1)} {
		id, back := fmt.Sprint("id/", i), fmt.Sprint("back-", i)
		if status, body := h.raise(bell, "system", "requestSubscription", request(id, back, host)); status != 200 {
			t.Fatal(host, status, body)
		}
		h.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
		becomes(t, h.kit, "bob", id, "established")
		if got := o.letters("confirmSubscription"); len(got) != i+1 || got[i].ECI != back || got[i].Body["id"] != id {
			t.Errorf("%s: %+v", host, got)
		}
	}
	private := newSite(t, cloudApp())
	private.stop()
	private.open = nil
	private.start()
	if status, body := private.raise(bellOf(private.kit, "bob").ECI, "system", "requestSubscription", request("near", "back", o.URL)); status != 200 {
		t.Fatal(status, body)
	}
	before := len(o.letters("confirmSubscription"))
	private.want("bob", "cloud/bob/home/Yes", args("near", Attenuation{}), "null")
	becomes(t, private.kit, "bob", "near", "ended failed")
	if s := subscriptionOf(private.kit, "bob", "near"); !strings.Contains(s.Reason, "not opened") || len(o.letters("confirmSubscription")) != before {
		t.Errorf("%+v", s)
	}
}

func TestCHAN6_TargetsOfEveryKind(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	for _, h := range []*site{a, b} {
		h.want("bob", "cloud/bob/home/Show", `["Bob"]`, "null")
	}
	host, bell := strings.TrimPrefix(b.url, "http://"), bellOf(b.kit, "bob")
	for _, target := range []string{
		bell.URL, b.url + "/c/" + bell.ECI, b.url + "/sky/cloud/" + bell.ECI + "/any/thing", b.url + "//sky//event/" + bell.ECI + "/",
		"bob@" + host, "BOB@" + host, " bob@" + host + " ", "bob/home@" + host, "cloud:bob/home@" + host, "acct:bob@" + host, b.url + "/cloud/?ca=bob/home",
	} {
		id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{}))
		until(t, "a request to "+target, func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	}
	for _, target := range []string{bellOf(a.kit, "bob").ECI, "bob/home", "cloud:bob/home", "bob@" + strings.TrimPrefix(a.url, "http://")} {
		id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{}))
		until(t, "a request to "+target, func() bool { return state(a.kit, "bob", id) == "waiting" }, a.kit)
	}
	for _, target := range []string{"", " ", "nobody", "http://user:secret@" + host + "/c/" + bell.ECI, "file:///c/" + bell.ECI, strings.Repeat("x", 3000), "sky:/sky/event/" + bell.ECI, "http://" + host + ":x/c/" + bell.ECI, "nobody@" + host, "bob@127.0.0.1:1@" + host, "bob@" + strings.TrimPrefix(a.url, "http://")} {
		answer := a.do("bob", "cloud/bob/home/Link", args(target, Relationship{}))
		if answer.Error.Code != "" {
			continue // told at once
		}
		var id string
		if err := json.Unmarshal(answer.Result, &id); err != nil {
			t.Fatal(err)
		}
		becomes(t, a.kit, "bob", id, "ended failed", b.kit)
	}
}

// An address whose server is away is looked up until it is there.
func TestCHAN6_AnAddressThatAnswersLater(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	b.want("bob", "cloud/bob/home/Show", `["Bob"]`, "null")
	b.away.Store(true)
	target := "bob@" + strings.TrimPrefix(b.url, "http://")
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{Name: "later"}))
	away := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{Name: "never", Within: time.Minute}))
	given := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{Name: "given up"}))
	a.want("alice", "cloud/alice/home/End", args(given), "null")
	if s := state(a.kit, "alice", given); s != "ended withdrawn" {
		t.Error(s)
	}
	a.clock.Advance(2 * time.Minute)
	becomes(t, a.kit, "alice", away, "ended failed")
	a.restart()
	if s := subscriptionOf(a.kit, "alice", id); s.State != "pending" || s.Peer != target {
		t.Errorf("%+v", s)
	}
	b.away.Store(false)
	a.clock.Advance(10 * time.Minute)
	until(t, "a request", func() bool { return state(b.kit, "bob", id) == "waiting" }, a.kit, b.kit)
	if n := len(links(b.kit, "bob")); n != 1 {
		t.Errorf("%d requests have come", n)
	}
	b.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
	becomes(t, a.kit, "alice", id, "established", b.kit)
}

// CAs of two apps on one server are as far apart as any: the same dance, without HTTP.
func TestCHAN3_AcrossApps(t *testing.T) {
	h := newSite(t, cloudApp(), partyApp())
	h.away.Store(true) // nothing has to come in
	bell := ask[Channel](h.kit, "bob", "party/bob/home/Bell", `[]`)
	for _, target := range []string{bell.ECI, bell.URL} {
		id := ask[string](h.kit, "bob", "cloud/bob/home/Link", args(target, Relationship{Name: "quick", Allow: Attenuation{Events: []Pattern{{"chat", "*"}}}}))
		becomes(t, h.kit, "bob", id, "established")
		h.do("bob", "cloud/bob/home/RaiseMany", args(id, 2))
		h.do("bob", "party/bob/home/Say", args(id, "chat", "back"))
		until(t, "the events", func() bool {
			heard := ask[map[string][]string](h.kit, "bob", "party/bob/home/Record", `[]`)[id]
			return slices.Equal(heard, []string{"said0", "said1"})
		}, h.kit)
		h.want("bob", "party/bob/home/End", args(id), "null")
		becomes(t, h.kit, "bob", id, "ended over")
	}
	if log := ask[[]string](h.kit, "bob", "cloud/bob/home/Log", `[]`); len(log) != 2 {
		t.Error(log)
	}
}
