package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func (c *cloud) Revoke(tx *Tx) { tx.RevokeInvitations() }
func (c *cloud) RaiseMany(tx *Tx, id string, n int) error {
	for i := range n {
		if _, err := tx.RaiseOn(id, "chat", fmt.Sprint("said", i), nil); err != nil {
			return err
		}
	}
	return nil
}
func (c *cloud) RaiseAll(tx *Tx) (int, error) { return tx.RaiseTo("", "chat", "said", nil) }

// Waver begins what it does not go through with: the app doesn't care.
func (c *cloud) Waver(tx *Tx, target string, r Relationship) bool {
	_, err := tx.Link(target, r)
	return err == nil
}

// outsider is a peer's server that notes what it is sent, and answers as the test says.
type outsider struct {
	*httptest.Server
	mu   sync.Mutex
	got  []letter
	says func(w http.ResponseWriter, r *http.Request, nth int)
}

// letter is an event that somebody has sent.
type letter struct {
	ECI, EID, Domain, Type string
	Body                   map[string]string
}

func newOutsider(t *testing.T, says func(w http.ResponseWriter, r *http.Request, nth int)) *outsider {
	o := &outsider{says: says}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *outsider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var l letter
	if parts := strings.Split(r.URL.Path, "/"); len(parts) == 7 && parts[1] == "sky" {
		l = letter{ECI: parts[3], EID: parts[4], Domain: parts[5], Type: parts[6]}
	}
	_ = json.Unmarshal(body, &l.Body)
	o.mu.Lock()
	o.got = append(o.got, l)
	nth, says := len(o.got), o.says
	o.mu.Unlock()
	if says != nil {
		says(w, r, nth)
		return
	}
	io.WriteString(w, `{"directives":[]}`)
}

// letters are those of a type, or all.
func (o *outsider) letters(typ string) (all []letter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.got {
		if l.Type == typ || typ == "" {
			all = append(all, l)
		}
	}
	return all
}

func (o *outsider) bell() string { return o.URL + "/sky/event/outsiders-own-well-known" }

// asked has alice of a site ask an outsider, and returns what that was told.
func asked(t *testing.T, h *site, o *outsider, r Relationship) (id string, request letter) {
	t.Helper()
	before := len(o.letters("requestSubscription"))
	id = ask[string](h.kit, "alice", "cloud/alice/home/Link", args(o.bell(), r))
	until(t, "a request", func() bool { return len(o.letters("requestSubscription")) > before }, h.kit)
	return id, o.letters("requestSubscription")[before]
}

var eids int

// raise raises an event on a channel, with an id of its own.
func (k *kit) raise(eci, domain, typ string, a map[string]string) (status int, body string) {
	k.t.Helper()
	eids++
	if a == nil {
		a = map[string]string{}
	}
	packed, err := json.Marshal(a)
	if err != nil {
		k.t.Fatal(err)
	}
	return k.event("POST", fmt.Sprintf("/sky/event/%s/forged-%d/%s/%s", eci, eids, domain, typ), "application/json", string(packed))
}

// requests is a request to subscribe as an outsider makes it.
func request(id, back, host string, more ...string) map[string]string {
	a := map[string]string{"id": id, "eci": back, "channelName": "x", "namespace": "n", "relationship": "a-b"}
	if host != "" {
		a["host"] = host
	}
	for i := 0; i+1 < len(more); i += 2 {
		a[more[i]] = more[i+1]
	}
	return a
}

func links(k *kit, owner string) []Subscription {
	k.t.Helper()
	return ask[[]Subscription](k, owner, "cloud/"+owner+"/home/Links", `[]`)
}

func subscriptionOf(k *kit, owner, id string) (s Subscription) {
	k.t.Helper()
	for _, l := range links(k, owner) {
		if l.ID == id {
			s = l
		}
	}
	return s
}

func told(k *kit, owner string) []string {
	k.t.Helper()
	return ask[[]string](k, owner, "cloud/"+owner+"/home/Told", `[]`)
}

func bellOf(k *kit, owner string) Channel {
	k.t.Helper()
	return ask[Channel](k, owner, "cloud/"+owner+"/home/Bell", `[]`)
}

// becomes waits for a state.
func becomes(t *testing.T, k *kit, owner, id, want string, others ...*kit) {
	t.Helper()
	until(t, want, func() bool { return state(k, owner, id) == want }, append(others, k)...)
}

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
	until(t, "a thousand requests", func() bool { return len(o.letters("requestSubscription")) == 1000 && h.runtime.Quiet() }, h.kit)
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
	until(t, "all to expire", func() bool {
		return !slices.ContainsFunc(links(h.kit, "alice"), func(s Subscription) bool { return s.State != "ended" })
	}, h.kit)
	until(t, "a thousand farewells", func() bool { return len(o.letters("withdrawSubscription")) >= 1000 && h.runtime.Quiet() }, h.kit)
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
			a.clock.Advance(24 * time.Hour)
			b.clock.Advance(24 * time.Hour)
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
	until(t, "those of the other", func() bool {
		n := 0
		for _, l := range o.letters("") {
			if l.ECI == "the-one-here" && strings.HasPrefix(l.Type, "said") {
				if want := fmt.Sprint("said", n); l.Type != want {
					t.Fatal(l.Type, want)
				}
				n++
			}
		}
		return n == 100
	}, h.kit)
	h.want("alice", "cloud/alice/home/End", args(gone), "null")
	if s := state(h.kit, "alice", gone); s != "ended over" {
		t.Error(s)
	}
	away.Clear()
	h.clock.Advance(10 * time.Minute)
	until(t, "the farewell", func() bool { return len(o.letters("endSubscription")) == 1 }, h.kit)
	if n := len(o.letters("said249")); n != 1 {
		t.Error(n)
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
	until(t, "both linked", func() bool {
		return state(a.kit, "alice", id) == "established" && state(b.kit, "bob", id) == "established"
	}, a.kit, b.kit)
	before := fmt.Sprint(links(a.kit, "alice"), links(b.kit, "bob"))
	again()
	if after := fmt.Sprint(links(a.kit, "alice"), links(b.kit, "bob")); after != before {
		t.Errorf("%s became %s", before, after)
	}
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "said", nil), "null")
	again()
	until(t, "the event", func() bool { return len(ask[[]string](b.kit, "bob", "cloud/bob/home/Log", `[]`)) == 1 }, a.kit, b.kit)
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
