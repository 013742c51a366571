package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// An ECI is nobody's to see, however its URL was written: the owner's maps show the host that was asked.
func TestCHAN1_ADoorbellsURLIsNotShown(t *testing.T) {
	var rings atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/sky/event/outsiders-own-well-known/") {
			rings.Add(1)
		}
		w.Write([]byte(`{"directives":[]}`))
	}))
	t.Cleanup(peer.Close)
	a, host := newSite(t, cloudApp()), strings.TrimPrefix(peer.URL, "http://")
	bare := host + "/sky/event/outsiders-own-well-known"
	for i, target := range []string{" http://" + bare, "http://" + bare + "\n", bare, " " + bare + "/"} {
		id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(target, Relationship{}))
		for _, s := range ask[[]Subscription](a.kit, "alice", "cloud/alice/home/Links", `[]`) {
			if s.ID == id && s.Peer != host {
				t.Errorf("%q: %+v", target, s)
			}
		}
		until(t, "a request", func() bool { return rings.Load() == int64(i+1) }, a.kit)
	}
}

// What an asker says of itself can be no more than its own server could say.
func TestCHAN2_NobodyIsNamedAfterAnotherServer(t *testing.T) {
	h := newSite(t, cloudApp())
	bell := ask[Channel](h.kit, "alice", "cloud/alice/home/Bell", `[]`)
	ring := func(id, host, from string) (int, string) {
		body, _ := json.Marshal(map[string]string{"id": id, "eci": "back", "host": host, "from": from, "channelName": "x", "namespace": "n", "relationship": "a-b"})
		return h.event("POST", "/sky/event/"+bell.ECI+"/none/system/requestSubscription", "application/json", string(body))
	}
	for i, c := range [][2]string{
		{"cloud:bob/home@wab.example", "cloud:bob/home@wab.example"},
		{"cloud:bob/home", "cloud:bob/home"},
		{"cloud:bob/home@" + strings.TrimPrefix(h.url, "http://"), "wab.example"},
		{"cloud:bob/home@other.example", "wab.example"},
		{"Your bank", "wab.example"},
		{"http://bank.example/", "wab.example"},
		{"", "wab.example"},
	} {
		id := fmt.Sprint("from-", i)
		if status, body := ring(id, "https://wab.example", c[0]); status != 200 {
			t.Fatal(status, body)
		}
		for _, s := range ask[[]Subscription](h.kit, "alice", "cloud/alice/home/Requests", `[]`) {
			if s.ID == id && (s.Peer != c[1] || s.Verified) {
				t.Errorf("from %q: %+v", c[0], s)
			}
		}
	}
	if n := len(ask[[]Subscription](h.kit, "alice", "cloud/alice/home/Requests", `[]`)); n != 7 {
		t.Error(n)
	}
	if status, body := ring("lie", h.url, ""); status != 400 {
		t.Error(status, body)
	}
}

// A foreign engine's host without a scheme is https, and http on the loopback address, as addresses are.
func TestCHAN3_AnEnginesHostWithoutAScheme(t *testing.T) {
	a := newSite(t, cloudApp())
	for host, want := range map[string]string{
		"127.0.0.1:1": "http://127.0.0.1:1", "localhost:1": "http://localhost:1", "[::1]:1/base": "http://[::1]:1/base", "engine.example": "https://engine.example", "http://engine.example/": "http://engine.example",
	} {
		id := ask[string](a.kit, "alice", "cloud/alice/home/LinkEngine", args(host, "a-well-known-channel", Relationship{}))
		for _, s := range ask[[]Subscription](a.kit, "alice", "cloud/alice/home/Links", `[]`) {
			if s.ID == id && s.Host != want {
				t.Errorf("%s: %+v", host, s)
			}
		}
	}
}
