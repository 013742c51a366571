package personalcloud

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/examples/whitepages"
	"github.com/wabgo/wab/server"
)

// site is a server of its own, which knows no other. Its clouds are used as any tool would: over HTTP, each owner with their own token.
type site struct {
	t      *testing.T
	url    string
	tokens map[string]string
}

func newSite(t *testing.T) *site {
	web := httptest.NewUnstartedServer(nil)
	url := "http://" + web.Listener.Addr().String()
	s, err := server.New(server.Options{
		Data: t.TempDir(), Dev: true, PublicURL: url, Logger: slog.New(slog.DiscardHandler), OpenNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}, App, whitepages.App)
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = s
	web.Start()
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return &site{t, url, map[string]string{}}
}

// host is what stands behind the @ of its owners' addresses.
func (s *site) host() string { return strings.TrimPrefix(s.url, "http://") }

func (s *site) post(path, token, body string) string {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return strings.TrimSpace(string(text))
}

// get is what anybody sees.
func (s *site) get(path string) string {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

// cloud is an owner's.
type cloud struct {
	*site
	owner string
}

func (s *site) cloud(owner string) cloud { return cloud{s, owner} }

func (c cloud) address() string { return c.owner + "@" + c.host() }

// call calls a method of the owner's cloud, and returns the whole answer.
func (c cloud) call(method string, args ...any) string {
	c.t.Helper()
	if c.tokens[c.owner] == "" {
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(c.post("/account/guest", "", `{"owner":"`+c.owner+`"}`)), &got); err != nil {
			c.t.Fatal(err)
		}
		c.tokens[c.owner] = got.Token
	}
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(args)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.post("/api/personalcloud/"+c.owner+"/home/"+method, c.tokens[c.owner], string(body))
}

// ask is the result of a call that has to work.
func ask[T any](c cloud, method string, args ...any) T {
	c.t.Helper()
	answer := c.call(method, args...)
	var got struct {
		Result T
		Error  any
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Error != nil {
		c.t.Fatalf("%s's %s%v: %s", c.owner, method, args, answer)
	}
	return got.Result
}

func (c cloud) do(method string, args ...any) {
	c.t.Helper()
	ask[any](c, method, args...)
}

// entries are a map of the cloud, as its owner sees it.
func entries[T any](c cloud, label string) map[string]T {
	c.t.Helper()
	c.call("Profile") // has a token
	r, err := http.NewRequest("GET", c.url+"/api/personalcloud/"+c.owner+"/home/maps/"+label, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.tokens[c.owner])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Entries map[string]T }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		c.t.Fatalf("%s's map %s: %v", c.owner, label, err)
	}
	return got.Entries
}

// until waits for what comes from the other server.
func (c cloud) until(what string, ok func() bool) {
	c.t.Helper()
	for late := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(late) {
			c.t.Fatalf("%s waits in vain: %s\nsubscriptions %s\nlinks %v\nactivity %v", c.owner, what, c.call("Subscriptions"), entries[any](c, "links"), entries[any](c, "activity"))
		}
	}
}

// events are the kinds of those that came in, with an attribute n where there is one.
func (c cloud) events() (all []string) {
	c.t.Helper()
	for _, e := range ask[[]Received](c, "Received") {
		line := e.Domain + ":" + e.Type
		if n := e.Attributes["n"]; n != nil {
			line += fmt.Sprint(" ", n)
		}
		all = append(all, line)
	}
	return all
}

// state is how a subscription stands, for its owner.
func (c cloud) state(id string) string {
	for _, s := range ask[[]Subscription](c, "Subscriptions") {
		if s.ID == id {
			return s.State
		}
	}
	return ""
}

func (c cloud) waitState(id, state string) {
	c.t.Helper()
	c.until(id+" is "+state, func() bool { return c.state(id) == state })
}

// waitRequest waits for the one request in the inbox.
func (c cloud) waitRequest() (r Request) {
	c.t.Helper()
	c.until("a request", func() bool {
		all := ask[[]Request](c, "Inbox")
		if len(all) == 1 {
			r = all[0]
		}
		return len(all) == 1
	})
	return r
}

type allow = map[string]any

// allowing are terms that let some events in, given as domain:type.
func allowing(events ...string) allow {
	all := []server.Pattern{}
	for _, e := range events {
		domain, typ, _ := strings.Cut(e, ":")
		all = append(all, server.Pattern{Domain: domain, Type: typ})
	}
	return allow{"name": "friend", "namespace": "test", "rx_role": "friend", "tx_role": "friend", "allow": all}
}

// linked links two clouds: what a may raise at b, and b at a.
func linked(a, b cloud, atA, atB []string) (id string) {
	a.t.Helper()
	id = ask[string](a, "Connect", b.address(), allowing(atA...))
	b.do("Approve", b.waitRequest().ID, allowing(atB...))
	a.waitState(id, "established")
	b.waitState(id, "established")
	return id
}
