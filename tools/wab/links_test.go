package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wabproc"
)

// cloud is a personal cloud on a server that may be killed at any time.
type cloud struct {
	t     *testing.T
	s     *wabproc.Server
	owner string
	token string
}

func startCloud(t *testing.T, owner string, flags ...string) *cloud {
	c := &cloud{t: t, owner: owner, s: wabproc.Start(t, append([]string{"--dev", "--no-calls"}, flags...)...)}
	c.token = c.s.Guest(owner)
	return c
}

func (c *cloud) host() string { return strings.TrimPrefix(c.s.URL, "http://") }

func (c *cloud) crash() {
	c.s.Kill()
	c.s.Start()
}

// call calls a method of the contract's.
func call[T any](c *cloud, method string, args ...any) (v T) {
	c.t.Helper()
	body, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		c.t.Fatal(err)
	}
	status, said := c.s.Post("/api/personalcloud/"+c.owner+"/home/"+method, c.token, string(body))
	var answer struct{ Result T }
	if err := json.Unmarshal([]byte(said), &answer); err != nil || status != http.StatusOK {
		c.t.Fatalf("%s of %s: %d %s", method, c.owner, status, said)
	}
	return answer.Result
}

type visitor struct{ ID, From, Host string }

type linked struct{ ID, State string }

type received struct {
	Subscription, Domain, Type string
	Attributes                 map[string]any
}

func (c *cloud) state(id string) string {
	for _, s := range call[[]linked](c, "Subscriptions") {
		if s.ID == id {
			return s.State
		}
	}
	return ""
}

func (c *cloud) waits(id string) bool {
	return slices.ContainsFunc(call[[]visitor](c, "Inbox"), func(a visitor) bool { return a.ID == id })
}

// soon waits for what comes by itself.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !is(); pause() {
		if time.Now().After(late) {
			t.Fatalf("it stays without %s", what)
		}
	}
}

// Two processes that are killed between any two steps of a dance, and while events are on their way: both are linked, both say so, and each event arrives once.
func TestCHAN3_LinksSurviveKill(t *testing.T) {
	a, b := startCloud(t, "alice", "--allow-private-peers"), startCloud(t, "bob", "--allow-private-peers")
	call[any](b, "Profile")
	random := rand.New(rand.NewPCG(7, 7))
	maybe := func() {
		if random.IntN(2) == 0 {
			[]*cloud{a, b}[random.IntN(2)].crash()
		}
	}
	terms := map[string]any{"name": "kin", "allow": []map[string]string{{"domain": "test", "type": "*"}}}
	for i := range 5 {
		id := call[string](a, "Connect", "bob@"+b.host(), terms)
		maybe()
		soon(t, "a request", func() bool { return b.waits(id) })
		maybe()
		call[any](b, "Approve", id, terms)
		maybe()
		soon(t, "a link on both sides", func() bool { return a.state(id) == "established" && b.state(id) == "established" })
		var sent []any
		for n := range 3 {
			call[any](a, "RaiseOn", id, "test", "n", map[string]any{"n": fmt.Sprint(i, ".", n)})
			sent = append(sent, fmt.Sprint(i, ".", n))
			maybe()
		}
		soon(t, "the events", func() bool { return len(b.numbers(id)) >= len(sent) })
		if got := b.numbers(id); !slices.Equal(got, sent) {
			t.Errorf("%v were raised, %v came", sent, got)
		}
		call[any]([]*cloud{a, b}[i%2], "End", id)
		maybe()
		soon(t, "the end on both sides", func() bool { return a.state(id) == "" && b.state(id) == "" })
	}
}

// numbers are those that came on a subscription, in their order.
func (c *cloud) numbers(id string) (all []any) {
	for _, e := range call[[]received](c, "Received") {
		if e.Subscription == id && e.Domain == "test" {
			all = append(all, e.Attributes["n"])
		}
	}
	return all
}

// Nothing leaves for the machine itself, or its network, unless the operator has opened them.
func TestCHAN5_PrivatePeersAreClosed(t *testing.T) {
	var calls atomic.Int32
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer peer.Close()
	port := peer.URL[strings.LastIndex(peer.URL, ":")+1:]
	a := startCloud(t, "alice")
	for _, target := range []any{
		"bob@127.0.0.1:" + port, "bob@localhost:" + port, peer.URL + "/sky/event/abcdefghijklmnopqrstuvwxyz", "http://[::ffff:127.0.0.1]:" + port + "/sky/event/abcdefghijklmnopqrstuvwxyz",
		map[string]string{"host": peer.URL, "eci": "abcdefghijklmnopqrstuvwxyz"}, map[string]string{"host": "http://localhost:" + port, "eci": "abcdefghijklmnopqrstuvwxyz"},
	} {
		id := call[string](a, "Connect", target, map[string]any{})
		soon(t, "an end", func() bool { return a.state(id) == "" })
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("it was called %d times", n)
	}
	a.s.Stop(syscall.SIGTERM)
}
