package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// cloud is a CA that does with channels and subscriptions as it is told.
type cloud struct {
	Heard  []string
	States []string
	N      int
}

func cloudApp() App { return App{Name: "cloud", New: func() CA { return new(cloud) }} }

func (c *cloud) Init(tx *Tx) error {
	return tx.On("*", "*", "OnEvent")
}

func (c *cloud) OnEvent(tx *Tx, e Event) error {
	c.N++
	c.Heard = append(c.Heard, fmt.Sprint(e.Domain, ":", e.Type, " ", e.Text("n"), " by ", tx.Caller().CA()))
	if e.Type == "fail" {
		return fmt.Errorf("as asked")
	}
	tx.Direct("heard", map[string]any{"n": c.N, "id": e.ID})
	return nil
}

func (c *cloud) OnQuery(tx *Tx, q Query) (map[string]any, error) {
	return map[string]any{"ruleset": q.Ruleset, "name": q.Name, "arg": q.Text("arg"), "n": c.N}, nil
}

func (c *cloud) Answer(tx *Tx, ruleset, name string) error {
	return tx.OnQuery(ruleset, name, "OnQuery")
}

func (c *cloud) Open(tx *Tx, name string, a Attenuation) (Channel, error) { return tx.Channel(name, a) }
func (c *cloud) Shut(tx *Tx, name string) bool                            { return tx.RemoveChannel(name) }
func (c *cloud) List(tx *Tx) ([]ChannelInfo, error)                       { return tx.Channels() }
func (c *cloud) Bell(tx *Tx) (Channel, error)                             { return tx.Doorbell() }
func (c *cloud) Log(tx *Tx) []string                                      { return c.Heard }
func (c *cloud) Told(tx *Tx) []string                                     { return c.States }
func (c *cloud) Raise(tx *Tx, domain, typ string, a map[string]any)       { tx.Raise(domain, typ, a) }

func (c *cloud) RaiseSoon(tx *Tx, ms int, domain, typ string, a map[string]any) {
	tx.RaiseAt(tx.Now().Add(time.Duration(ms)*time.Millisecond), domain, typ, a)
}

func (c *cloud) RaiseOften(tx *Tx, ms int, domain, typ string, a map[string]any) {
	tx.RaiseEvery(time.Duration(ms)*time.Millisecond, domain, typ, a)
}

func (c *cloud) Link(tx *Tx, target string, r Relationship) (string, error) {
	return tx.Link(target, r)
}

func (c *cloud) LinkEngine(tx *Tx, host, eci string, r Relationship) (string, error) {
	return tx.LinkEngine(host, eci, r)
}

func (c *cloud) Links(tx *Tx) []Subscription                { return tx.Subscriptions() }
func (c *cloud) Requests(tx *Tx) []Subscription             { return tx.Inbox() }
func (c *cloud) Yes(tx *Tx, id string, a Attenuation) error { return tx.Approve(id, a) }
func (c *cloud) No(tx *Tx, id, why string) error            { return tx.Refuse(id, why) }
func (c *cloud) End(tx *Tx, id string) error                { return tx.EndSubscription(id) }
func (c *cloud) Show(tx *Tx, name string) error             { return tx.PublishCard(Card{Name: name}) }
func (c *cloud) Let(tx *Tx, who string, a Attenuation) error {
	if err := tx.DoorbellAllows(a); err != nil {
		return err
	}
	if who == "anyone" {
		return tx.Allow(Anyone(), "doorbell-approve")
	}
	return tx.Allow(Principal(who), "doorbell-approve")
}
func (c *cloud) LetGroup(tx *Tx, group string, a Attenuation) error {
	if err := tx.DoorbellAllows(a); err != nil {
		return err
	}
	return tx.Allow(Group(group), "doorbell-approve")
}
func (c *cloud) Put(tx *Tx, label, key string, v any) error { return tx.Map(label).Set(key, v) }
func (c *cloud) Ban(tx *Tx, who string) error               { return tx.Deny(Principal(who), "doorbell") }
func (c *cloud) BanAll(tx *Tx) error                        { return tx.Deny(Anyone(), "doorbell") }
func (c *cloud) Invite(tx *Tx, a Attenuation, ms int) (Invitation, error) {
	return tx.Invite(a, time.Duration(ms)*time.Millisecond)
}

func (c *cloud) RaiseOn(tx *Tx, id, domain, typ string, a map[string]any) error {
	_, err := tx.RaiseOn(id, domain, typ, a)
	return err
}

func (c *cloud) OnSubscription(tx *Tx, e SubscriptionEvent) error {
	if e.Undelivered {
		c.States = append(c.States, fmt.Sprint("undelivered ", e.Domain, ":", e.Type, " ", e.Reason))
		return nil
	}
	c.States = append(c.States, strings.TrimSpace(e.State+" "+e.End))
	return nil
}

// site is a kit that others reach over HTTP.
type site struct {
	*kit
	web   *httptest.Server
	away  atomic.Bool  // others get nowhere for now
	guard sync.RWMutex // of the server, which may begin anew meanwhile
}

// ServeHTTP is what others reach.
func (h *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.guard.RLock()
	server := h.Server
	h.guard.RUnlock()
	if server == nil || h.away.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	server.ServeHTTP(w, r)
}

func (h *site) restart() {
	h.guard.Lock()
	defer h.guard.Unlock()
	h.kit.restart()
}

// sleep has the server begin anew after a time in which it did not run: each of its small timers would have to run in that.
func (h *site) sleep(d time.Duration) {
	h.guard.Lock()
	defer h.guard.Unlock()
	h.stop()
	h.clock.Advance(d)
	h.start()
}

func newSite(t *testing.T, apps ...App) *site {
	h := &site{}
	h.web = httptest.NewUnstartedServer(h)
	h.kit = &kit{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), disk: vfs.NewMem(), dir: t.TempDir(), apps: apps}
	h.url = "http://" + h.web.Listener.Addr().String()
	h.open = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	h.start()
	h.web.Start()
	t.Cleanup(func() {
		h.web.Close()
		h.stop()
	})
	return h
}

// ask decodes the result of a request.
func ask[T any](k *kit, owner, path, args string) (v T) {
	k.t.Helper()
	a := k.do(owner, path, args)
	if a.Error.Code != "" {
		k.t.Fatalf("%s %s by %s: %+v", path, args, owner, a.Error)
	}
	if err := json.Unmarshal(a.Result, &v); err != nil {
		k.t.Fatalf("%s: %v in %s", path, err, a.Result)
	}
	return v
}

// event sends to a path of the server, and returns status and body.
func (k *kit) event(method, path, contentType, body string) (int, string) {
	k.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// until waits for something that comes after a reply; clocks go on meanwhile, for what is tried again: as fast as time itself while something is under way, which they must not outrun, else faster and
// faster: after a restart a message may wait for half a minute before it is sent again. What is's own questions have set going comes to rest first: on a busy machine something would be under way at
// each look, and the clocks would not get through that half a minute.
func until(t *testing.T, what string, is func() bool, all ...*kit) {
	t.Helper()
	const slow, fast, looks = time.Millisecond, time.Second, 20
	step := slow
	ticks, late := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer ticks.Stop()
	pause := func() {
		t.Helper()
		select {
		case <-ticks.C:
		case <-late:
			t.Fatalf("it stays without %s", what)
		}
	}
	for !is() {
		pause()
		step = min(2*step, fast)
		for look := 1; slices.ContainsFunc(all, (*kit).busy); look++ {
			if look == looks {
				step = slow
				break
			}
			advance(slow, all)
			pause()
		}
		advance(step, all)
	}
}

func advance(d time.Duration, all []*kit) {
	for _, k := range all {
		k.clock.Advance(d)
	}
}

// busy tells whether a server has something under way.
func (k *kit) busy() bool { return !k.runtime.Quiet() || !k.outgoing.Idle() }

// rest waits until it has not, while clocks stand: what has not come by then does not come.
func (k *kit) rest() {
	k.t.Helper()
	until(k.t, "rest", func() bool { return !k.busy() })
}

// state is that of a subscription as its owner sees it, empty for none.
func state(k *kit, owner, id string) string {
	for _, s := range ask[[]Subscription](k, owner, "cloud/"+owner+"/home/Links", `[]`) {
		if s.ID == id {
			return strings.TrimSpace(s.State + " " + s.End)
		}
	}
	return ""
}

func args(all ...any) string {
	b, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestEventsByChannels(t *testing.T) {
	k := newKit(t, cloudApp())
	c := ask[Channel](k, "alice", "cloud/alice/home/Open", args("news", Attenuation{Events: []Pattern{{"test", "*"}}}))
	for _, path := range []string{"/sky/event/" + c.ECI + "/1/test/go?n=1", "/c/" + c.ECI + "/event-wait/test/go?n=2", "//sky//event/" + c.ECI + "/none/test/go?n=3"} {
		if status, body := k.event("GET", path, "", ""); status != 200 || !strings.Contains(body, `"name":"heard"`) {
			t.Error(path, status, body)
		}
	}
	if status, body := k.event("POST", "/sky/event/"+c.ECI+"/none/other/go", "", ""); status != 403 {
		t.Error(status, body)
	}
	log := ask[[]string](k, "alice", "cloud/alice/home/Log", `[]`)
	if !slices.Equal(log, []string{"test:go 1 by channel/news", "test:go 2 by channel/news", "test:go 3 by channel/news"}) {
		t.Error(log)
	}
	first, again := "", ""
	_, first = k.event("POST", "/sky/event/"+c.ECI+"/same/test/go", "application/json", `{"n":4}`)
	_, again = k.event("POST", "/sky/event/"+c.ECI+"/same/test/go", "application/json", `{"n":4}`)
	if first != again || len(ask[[]string](k, "alice", "cloud/alice/home/Log", `[]`)) != 4 {
		t.Error(first, again)
	}
}

func TestCHAN3_LinkOnTwoServers(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	bell := ask[Channel](b.kit, "bob", "cloud/bob/home/Bell", `[]`)
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Name: "friends", Allow: Attenuation{Events: []Pattern{{"profile", "*"}}}}))
	until(t, "a request", func() bool { return len(ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`)) == 1 }, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{Events: []Pattern{{"chat", "said"}}}), "null")
	until(t, "both linked", func() bool {
		return state(a.kit, "alice", id) == "established" && state(b.kit, "bob", id) == "established"
	}, a.kit, b.kit)
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "chat", "said", map[string]any{"n": 7}), "null")
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "spam", "said", map[string]any{"n": 8}), "null")
	b.want("bob", "cloud/bob/home/RaiseOn", args(id, "profile", "updated", map[string]any{"n": 9}), "null")
	until(t, "the events", func() bool {
		return len(ask[[]string](b.kit, "bob", "cloud/bob/home/Log", `[]`)) == 1 && len(ask[[]string](a.kit, "alice", "cloud/alice/home/Log", `[]`)) == 1 &&
			slices.ContainsFunc(ask[[]string](a.kit, "alice", "cloud/alice/home/Told", `[]`), func(s string) bool { return strings.HasPrefix(s, "undelivered spam:said") })
	}, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/End", args(id), "null")
	until(t, "the end", func() bool {
		return state(a.kit, "alice", id) == "ended over" && state(b.kit, "bob", id) == "ended over"
	}, a.kit, b.kit)
	t.Log(ask[[]string](a.kit, "alice", "cloud/alice/home/Told", `[]`), ask[[]string](b.kit, "bob", "cloud/bob/home/Told", `[]`))
}

func TestCHAN3_LinkOnOneServer(t *testing.T) {
	k := newSite(t, cloudApp())
	ask[Channel](k.kit, "bob", "cloud/bob/home/Bell", `[]`)
	k.want("bob", "cloud/bob/home/Show", `["Bob"]`, "null")
	id := ask[string](k.kit, "alice", "cloud/alice/home/Link", args("bob@"+strings.TrimPrefix(k.url, "http://"), Relationship{Name: "friends"}))
	until(t, "a request", func() bool { return len(ask[[]Subscription](k.kit, "bob", "cloud/bob/home/Requests", `[]`)) == 1 }, k.kit)
	if r := ask[[]Subscription](k.kit, "bob", "cloud/bob/home/Requests", `[]`)[0]; !r.Verified || r.Peer != "cloud:alice/home" {
		t.Errorf("%+v", r)
	}
	k.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
	until(t, "both linked", func() bool {
		return state(k.kit, "alice", id) == "established" && state(k.kit, "bob", id) == "established"
	}, k.kit)
}
