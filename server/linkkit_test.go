package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
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
