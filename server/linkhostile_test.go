package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestCHAN4_OnlyTheConfirmOnItsOwnBackChannelCounts(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	id, m := asked(t, h, o, Relationship{Name: "one", Allow: Attenuation{Events: []Pattern{{"*", "*"}}}})
	_, other := asked(t, h, o, Relationship{Name: "two"})
	open := ask[Channel](h.kit, "alice", "cloud/alice/home/Open", args("open", Attenuation{Events: []Pattern{{"*", "*"}, {"system", "x"}}}))
	back, confirm := m.Body["eci"], func(eci string) map[string]string { return map[string]string{"id": id, "eci": eci} }
	for _, c := range []struct {
		what, eci, typ string
		a              map[string]string
		status         int
	}{
		{"on the doorbell", bellOf(h.kit, "alice").ECI, "confirmSubscription", confirm("evil"), 403},
		{"on a channel of the owner's", open.ECI, "confirmSubscription", confirm("evil"), 403},
		{"on another's back channel", other.Body["eci"], "confirmSubscription", confirm("evil"), 404},
		{"on the peer's doorbell's ECI", "outsiders-own-well-known", "confirmSubscription", confirm("evil"), 404},
		{"of another id", back, "confirmSubscription", map[string]string{"id": other.Body["id"], "eci": "evil"}, 404},
		{"of no id", back, "confirmSubscription", map[string]string{"eci": "evil"}, 400},
		{"without a channel", back, "confirmSubscription", map[string]string{"id": id}, 400},
		{"with a path for a channel", back, "confirmSubscription", confirm("../evil"), 400},
		{"with two lines for a channel", back, "confirmSubscription", confirm("evil\r\nHost: x"), 400},
		{"with too long a channel", back, "confirmSubscription", confirm(strings.Repeat("x", 5000)), 413},
		{"a refusal of another id", back, "refuseSubscription", map[string]string{"id": other.Body["id"]}, 404},
		{"a withdrawal of our own request", bellOf(h.kit, "alice").ECI, "withdrawSubscription", map[string]string{"id": id, "eci": back}, 404},
		{"a request", back, "requestSubscription", request("r1", "x", o.URL), 403},
		{"a start", back, "subscribe", map[string]string{"targetChannel": o.bell()}, 403},
		{"an event", back, "anything", nil, 403},
	} {
		if status, body := h.raise(c.eci, "system", c.typ, c.a); status != c.status {
			t.Errorf("%s: %d %s", c.what, status, body)
		}
		if s := state(h.kit, "alice", id); s != "pending" {
			t.Fatalf("%s: it is %s", c.what, s)
		}
	}
	if status, body := h.raise(back, "chat", "said", nil); status != 403 {
		t.Error(status, body)
	}
	if status, body := h.event("GET", "/sky/cloud/"+back+"/any/thing", "", ""); status != 403 {
		t.Error(status, body)
	}
	same := "/sky/event/" + back + "/the-same/system/confirmSubscription"
	body := `{"id":"` + id + `","eci":"true-channel"}`
	for range 3 {
		if status, said := h.event("POST", same, "application/json", body); status != 200 {
			t.Fatal(status, said)
		}
	}
	becomes(t, h.kit, "alice", id, "established")
	if status, said := h.raise(back, "system", "confirmSubscription", confirm("true-channel")); status != 200 {
		t.Error("again:", status, said)
	}
	if status, said := h.raise(back, "system", "confirmSubscription", confirm("evil")); status != 409 {
		t.Error("with another channel:", status, said)
	}
	if status, said := h.event("POST", same, "application/json", `{"id":"`+id+`","eci":"evil"}`); status != 409 {
		t.Error("the same event id with another channel:", status, said)
	}
	h.want("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "said", nil), "null")
	until(t, "the event", func() bool { return len(o.letters("said")) == 1 }, h.kit)
	if got := o.letters("said")[0]; got.ECI != "true-channel" || len(links(h.kit, "alice")) != 2 {
		t.Errorf("%+v %+v", got, links(h.kit, "alice"))
	}
	if status, said := h.raise(back, "wrangler", "outbound_removal", map[string]string{"Id": id}); status != 200 { // the peer's right, in any tongue
		t.Error(status, said)
	}
	becomes(t, h.kit, "alice", id, "ended over")
	for _, typ := range []string{"confirmSubscription", "refuseSubscription", "endSubscription"} {
		if status, said := h.raise(back, "system", typ, confirm("evil")); status != 404 {
			t.Error(typ, status, said)
		}
	}
}

func TestCHAN2_RequestsThatAreRefused(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	bell, alices := bellOf(h.kit, "bob").ECI, bellOf(h.kit, "alice").ECI
	for _, c := range []struct {
		what   string
		a      map[string]string
		status int
	}{
		{"no host", request("r", "back", ""), 400},
		{"a password", request("r", "back", "http://user:secret@127.0.0.1"), 400},
		{"a user", request("r", "back", "http://user@127.0.0.1"), 400},
		{"a file", request("r", "back", "file:///etc/passwd"), 400},
		{"our own scheme", request("r", "back", "sky:"), 400},
		{"no scheme", request("r", "back", "127.0.0.1"), 400},
		{"a query", request("r", "back", "http://127.0.0.1/?x="), 400},
		{"a fragment", request("r", "back", "http://127.0.0.1/#"), 400},
		{"a number", request("r", "back", "http://2130706433"), 400},
		{"a port that is none", request("r", "back", "http://127.0.0.1:99999"), 400},
		{"another line", request("r", "back", "http://127.0.0.1\r\nX: y"), 400},
		{"dots", request("r", "back", "http://127.0.0.1/a/../b"), 400},
		{"huge", request("r", "back", "http://127.0.0.1/"+strings.Repeat("x", 600)), 413},
		{"no back channel", request("r", "", o.URL), 400},
		{"no id", request("", "back", o.URL), 400},
		{"a long id", request(strings.Repeat("i", 129), "back", o.URL), 413},
		{"an id with a space", request("a b", "back", o.URL), 400},
		{"a long name", request("r", "back", o.URL, "channelName", strings.Repeat("n", 1025)), 413},
		{"its own doorbell for a back channel", request("r", bell, ""), 400},
		{"its own doorbell, by way of another host", request("r", bell, o.URL), 400},
	} {
		if status, body := h.raise(bell, "system", "requestSubscription", c.a); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.what, status, body, c.status)
		}
		if all := links(h.kit, "bob"); len(all) != 0 {
			t.Fatalf("%s: %+v", c.what, all)
		}
	}
	if status, _ := h.raise(bell, "system", "requestSubscription", request("in-use", "back", o.URL)); status != 200 {
		t.Fatal(status)
	}
	before := fmt.Sprint(links(h.kit, "bob"))
	for what, c := range map[string]struct {
		status int
		typ    string
		a      map[string]string
	}{
		"another back channel": {409, "requestSubscription", request("in-use", "other", o.URL)},
		"repeated":             {200, "requestSubscription", request("in-use", "back", o.URL)},
		"withdrawn by another": {404, "withdrawSubscription", map[string]string{"id": "in-use", "eci": "other"}},
		"ended":                {403, "endSubscription", map[string]string{"id": "in-use"}},
		"refused":              {403, "refuseSubscription", map[string]string{"id": "in-use"}},
		"another event":        {403, "anything", nil},
	} {
		if status, body := h.raise(bell, "system", c.typ, c.a); status != c.status {
			t.Errorf("%s: %d %s", what, status, body)
		}
		if after := fmt.Sprint(links(h.kit, "bob")); after != before {
			t.Errorf("%s: %s", what, after)
		}
	}
	if status, _ := h.raise(bell, "system", "withdrawSubscription", map[string]string{"id": "unknown", "eci": "back"}); status != 200 || state(h.kit, "bob", "unknown") != "ended withdrawn" {
		t.Error("what is withdrawn before it was asked for is remembered, for it may still come:", status, links(h.kit, "bob"))
	}
	if status, _ := h.raise(bell, "system", "withdrawSubscription", map[string]string{"id": "in-use", "eci": "back"}); status != 200 || state(h.kit, "bob", "in-use") != "ended withdrawn" {
		t.Error(status, links(h.kit, "bob"))
	}
	// Somebody who knows alice's doorbell says that it is theirs: they are not alice, and nothing comes of it.
	if status, body := h.raise(bell, "system", "requestSubscription", request("as-alice", alices, "")); status != 200 {
		t.Fatal(status, body)
	}
	if s := subscriptionOf(h.kit, "bob", "as-alice"); s.Verified {
		t.Errorf("%+v", s)
	}
	h.want("bob", "cloud/bob/home/Yes", args("as-alice", Attenuation{}), "null")
	becomes(t, h.kit, "bob", "as-alice", "ended failed")
	if all := links(h.kit, "alice"); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	a := h.do("bob", "cloud/bob/home/Link", args(bellOf(h.kit, "bob").URL, Relationship{}))
	b := h.do("bob", "cloud/bob/home/Link", args("http://elsewhere.example/c/"+bell, Relationship{}))
	if a.Error.Code != "failed" || b.Error.Code != "failed" {
		t.Error("linked with itself:", a, b)
	}
}

func TestCHAN5_PeersThatAnswerBadly(t *testing.T) {
	elsewhere := newOutsider(t, nil)
	for what, c := range map[string]struct {
		says  func(w http.ResponseWriter, r *http.Request, nth int)
		state string
		words string
	}{
		"redirects": {func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, elsewhere.bell(), http.StatusTemporaryRedirect)
		}, "ended failed", "elsewhere"},
		"200 and an error": {func(w http.ResponseWriter, _ *http.Request, _ int) { io.WriteString(w, `{"error":"no such thing"}`) }, "ended refused", "no such thing"},
		"its own words": {func(w http.ResponseWriter, r *http.Request, _ int) {
			w.WriteHeader(403)
			json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": "not by " + r.URL.Path + "\n<b>"}})
		}, "ended refused", "not by /sky/event/…/"},
		"not there": {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(404) }, "ended gone", ""},
		"gigabytes": {func(w http.ResponseWriter, _ *http.Request, _ int) {
			for chunk := bytes.Repeat([]byte("x"), 1<<20); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "ended failed", "1 MiB"},
		"garbage":      {func(w http.ResponseWriter, _ *http.Request, _ int) { w.Write([]byte{0xff, 0, '<', '{'}) }, "pending", ""},
		"nesting":      {func(w http.ResponseWriter, _ *http.Request, _ int) { io.WriteString(w, strings.Repeat("[", 100_000)) }, "pending", ""},
		"500 for ever": {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) }, "pending", ""},
		"500 at first": {func(w http.ResponseWriter, _ *http.Request, nth int) {
			if nth < 5 {
				w.WriteHeader(500)
			}
		}, "pending", ""},
		"hangs up": {func(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }, "pending", ""},
		"status 101": {func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Upgrade", "x")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(101)
		}, "pending", ""},
	} {
		t.Run(what, func(t *testing.T) {
			h, o := newSite(t, cloudApp()), newOutsider(t, c.says)
			id := ask[string](h.kit, "alice", "cloud/alice/home/Link", args(o.bell(), Relationship{}))
			until(t, "an answer", func() bool { return len(o.letters("requestSubscription")) > 0 }, h.kit)
			becomes(t, h.kit, "alice", id, c.state)
			s := subscriptionOf(h.kit, "alice", id)
			if !strings.Contains(s.Reason, c.words) || strings.Contains(s.Reason, "outsiders-own") || strings.ContainsAny(s.Reason, "\n") {
				t.Errorf("%+v", s)
			}
			if c.state == "pending" {
				h.want("alice", "cloud/alice/home/End", args(id), "null")
				becomes(t, h.kit, "alice", id, "ended withdrawn")
			}
		})
	}
	if len(elsewhere.letters("requestSubscription")) != 0 {
		t.Error("a redirect was followed")
	}
}

func TestCHAN5_SilentPeersHoldNobodyUp(t *testing.T) {
	ended := make(chan struct{})
	h, silent, quick := newSite(t, cloudApp()), newOutsider(t, func(_ http.ResponseWriter, r *http.Request, _ int) {
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	}), newOutsider(t, nil)
	defer close(ended)
	for range 12 {
		h.do("alice", "cloud/alice/home/Link", args(silent.bell(), Relationship{}))
	}
	until(t, "twelve calls", func() bool { return len(silent.letters("requestSubscription")) == 12 }, h.kit)
	asked(t, h, quick, Relationship{})
}

// An inbox takes a hundred requests, twenty of one server. More are asked to come later, and nobody else notices.
func TestCHAN2_AFloodOfRequests(t *testing.T) {
	h, o := newSite(t, cloudApp()), newOutsider(t, nil)
	bell := bellOf(h.kit, "bob").ECI
	id, m := asked(t, h, o, Relationship{Allow: Attenuation{Events: []Pattern{{"chat", "*"}}}})
	h.raise(m.Body["eci"], "system", "confirmSubscription", map[string]string{"id": id, "eci": "theirs"})
	invitation := ask[Invitation](h.kit, "bob", "cloud/bob/home/Invite", args(Attenuation{}, 3600_000))
	counts := map[int]int{}
	for i := range 200 {
		status, _ := h.raise(bell, "system", "requestSubscription", request(fmt.Sprint("flood-", i), "back", fmt.Sprintf("https://host%d.example", i%10)))
		counts[status]++
	}
	if counts[200] != 100 || counts[429] != 100 {
		t.Error(counts)
	}
	if status, body := h.raise(bell, "system", "requestSubscription", request("one-more", "back", "https://nice.example")); status != 429 || !strings.Contains(body, "quota") {
		t.Error(status, body)
	}
	if n := len(ask[[]Subscription](h.kit, "bob", "cloud/bob/home/Requests", `[]`)); n != 100 {
		t.Error(n)
	}
	if status, body := h.raise(bell, "system", "requestSubscription", request("guest", "back", o.URL, "invitation", invitation.Secret)); status != 200 {
		t.Error("one who was invited:", status, body)
	}
	becomes(t, h.kit, "bob", "guest", "established")
	if status, body := h.raise(bellOf(h.kit, "carol").ECI, "system", "requestSubscription", request("r", "back", o.URL)); status != 200 {
		t.Error("another's doorbell:", status, body)
	}
	if status, body := h.raise(m.Body["eci"], "chat", "said", nil); status != 200 {
		t.Error("a subscription:", status, body)
	}
	h.want("bob", "cloud/bob/home/No", args("flood-0", "no"), "null")
	if status, body := h.raise(bell, "system", "requestSubscription", request("one-more", "back", "https://nice.example")); status != 200 {
		t.Error("after one was refused:", status, body)
	}
}
