package server

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

func TestCHAN1_WhatIsNoChannelIsAnsweredAlike(t *testing.T) {
	k, other := newStation(t), newStation(t)
	ecis := map[string]string{"nonsense": "nonsense", "another server's": other.channel("a", everything)}
	removed := k.channel("a", everything)
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	ecis["removed"] = removed
	ecis["of the one before"] = k.channel("b", everything)
	k.want("alice", "station/alice/home/Shut", `["b"]`, "true")
	live := k.channel("b", everything)
	expiring := everything
	expiring.Expires = k.clock.Now().Add(time.Second)
	ecis["expired"] = k.channel("c", expiring)
	k.clock.Advance(time.Second)
	ecis["never made for good"] = removed[:len(removed)-1] + "A"
	last := "A"
	if strings.HasSuffix(live, "A") {
		last = "Q"
	}
	ecis["a character changed"] = live[:len(live)-1] + last
	ecis["cut"] = live[:len(live)-8]
	ecis["padded"] = live + "="
	for name, destroyed := range map[string]string{"gone": "of a destroyed CA", "again": "of a CA that was made anew"} {
		path := "station/alice/" + name + "/"
		ecis[destroyed] = ask[Channel](k, "alice", path+"Open", args("a", everything)).ECI
		k.want("alice", path+"End", `[]`, "null")
	}
	again := ask[Channel](k, "alice", "station/alice/again/Open", args("a", everything)).ECI
	k.knock(200, again, "none/test/go")

	json := []string{"Content-Type", "application/json"}
	requests := []struct {
		method, path, body string
		header             []string
	}{
		{"GET", "/sky/event/%s/1/test/go?n=1", "", nil}, {"POST", "/sky/event/%s/none/test/go", `{"n":1}`, json}, {"POST", "/c/%s/event/test/go", `{"n":1}`, json},
		{"PUT", "/c/%s/event-wait/test/go", "", nil}, {"GET", "/sky/cloud/%s/a/b", "", nil}, {"HEAD", "/sky/cloud/%s/a/b", "", nil}, {"GET", "/c/%s/query/a/b?c=d", "", nil},
		{"POST", "/sky/event/%s/1/test/go", `{`, json}, {"POST", "/sky/event/%s/1/test/go", `{"a":1,"a":2}`, json}, {"POST", "/sky/event/%s/1/test/go", `x`, []string{"Content-Type", "text/plain"}},
		{"GET", "/sky/event/%s/1/test/go?a=1&a=2", "", nil}, {"GET", "/sky/event/%s/1/test/go?%%zz", "", nil}, {"POST", "/sky/event/%s/1/test/go", strings.Repeat("x", 1<<20+1), json},
		{"POST", "/c/%s/event/test/go", "", []string{"Idempotency-Key", strings.Repeat("k", 200)}}, {"POST", "/c/%s/event/system/subscribe", "{}", json},
	}
	for _, r := range requests {
		answers := map[string]string{}
		for what, eci := range ecis {
			w := k.visit(r.method, fmt.Sprintf(r.path, eci), r.body, r.header...)
			all := fmt.Sprint(w.Code, " ", w.Header(), " ", w.Body)
			answers[all] += what + ", "
			if w.Code != 404 || !strings.Contains(w.Body.String(), "not_found") {
				t.Errorf("%s %s, %s: %s", r.method, r.path, what, all)
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s %s is answered in %d ways: %v", r.method, r.path, len(answers), answers)
		}
		if w := k.visit(r.method, fmt.Sprintf(r.path, live), r.body, r.header...); w.Code == 404 {
			t.Errorf("%s %s by one that is there: %d %s", r.method, r.path, w.Code, w.Body)
		}
	}
	k.restart()
	for what, eci := range ecis {
		if w := k.visit("GET", "/sky/event/"+eci+"/1/test/go", ""); w.Code != 404 {
			t.Errorf("%s after a restart: %d %s", what, w.Code, w.Body)
		}
	}
}

func TestCHAN1_AnECIIsDerivedAgain(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", everything)
	k.restart()
	if again := k.channel("a", onlyTests); again != eci {
		t.Error(again)
	}
	k.want("alice", "station/alice/home/Find", `["a"]`, string(args(eci)[1:len(args(eci))-1]))
	k.want("alice", "station/alice/home/Find", `["b"]`, `""`)
	k.want("alice", "station/alice/home/Shut", `["a"]`, "true")
	k.want("alice", "station/alice/home/Shut", `["a"]`, "false")
	if next := k.channel("a", everything); next == eci {
		t.Error("the next channel of that name has the same ECI")
	}
	bell := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`)
	if again := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`); again != bell || !strings.HasSuffix(bell.URL, "/sky/event/"+bell.ECI) {
		t.Error(bell, again)
	}
}

// ecisOf are the ECIs of all channels of a station.
func ecisOf(k *kit, owner string) (all []string) {
	for _, c := range ask[[]ChannelInfo](k, owner, "cloud/"+owner+"/home/List", `[]`) {
		all = append(all, ask[string](k, owner, "cloud/"+owner+"/home/ECI", args(c.Name)))
	}
	return all
}

func (c *cloud) ECI(tx *Tx, name string) string { found, _ := tx.ChannelOf(name); return found.ECI }

type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// Two link on two servers, talk and part; what they do then is refused, and fails in all ways.
func TestCHAN1_NoECIStandsInTheStoreInLogsMapsOrErrors(t *testing.T) {
	a, b := newSite(t, cloudApp()), newSite(t, cloudApp())
	logs := &safeBuffer{}
	for _, s := range []*site{a, b} {
		s.logs = logs
		s.restart()
	}
	bell := ask[Channel](b.kit, "bob", "cloud/bob/home/Bell", `[]`)
	id := ask[string](a.kit, "alice", "cloud/alice/home/Link", args(bell.URL, Relationship{Name: "friends", Allow: onlyTests}))
	until(t, "a request", func() bool { return len(ask[[]Subscription](b.kit, "bob", "cloud/bob/home/Requests", `[]`)) == 1 }, a.kit, b.kit)
	b.want("bob", "cloud/bob/home/Yes", args(id, onlyTests), "null")
	until(t, "both linked", func() bool {
		return state(a.kit, "alice", id) == "established" && state(b.kit, "bob", id) == "established"
	}, a.kit, b.kit)
	own := ask[Channel](a.kit, "alice", "cloud/alice/home/Open", args("own", Attenuation{Events: onlyTests.Events, Rate: Rate{100, time.Hour}}))
	secrets := append(ecisOf(a.kit, "alice"), ecisOf(b.kit, "bob")...)
	if len(secrets) != 4 || !slices.Contains(secrets, own.ECI) || !slices.Contains(secrets, bell.ECI) {
		t.Fatal(secrets)
	}
	told := []string{}
	for _, path := range []string{"1/test/go", "1/test/fail", "1/test/panic", "none/other/go", "none/test/go?a=1&a=2", "none/test", "none/test/go/more", "none/test/*", "1/test/else"} {
		for _, s := range []*site{a, b} {
			for _, eci := range secrets {
				w := s.visit("POST", "/sky/event/"+eci+"/"+path, "")
				told = append(told, fmt.Sprint(w.Header(), w.Body))
			}
		}
	}
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "test", "go", map[string]int{"n": 7}), "null")
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "other", "go", map[string]int{"n": 7}), "null")
	b.web.Close() // what goes there waits from here on
	a.want("alice", "cloud/alice/home/RaiseOn", args(id, "test", "go", map[string]int{"n": 8}), "null")
	for _, label := range []string{"channels", "subscriptions", "pending-subscriptions"} {
		for s, owner := range map[*site]string{a: "alice", b: "bob"} {
			told = append(told, s.visit("GET", "/api/cloud/"+owner+"/home/maps/"+label, "", "Authorization", "Bearer "+s.token(owner, policy.Scope{})).Body.String())
		}
	}
	if !strings.Contains(strings.Join(told, ""), `"friends"`) {
		t.Error("the maps were not read")
	}
	for _, s := range []*site{a, b} {
		told = append(told, s.visit("GET", "/metrics", "").Body.String(), storedText(t, s.kit))
		s.restart()
		told = append(told, storedText(t, s.kit))
	}
	told = append(told, logs.String())
	for _, eci := range secrets {
		for _, text := range told {
			if i := strings.Index(text, eci[:12]); i >= 0 {
				t.Errorf("an ECI: %q", text[max(0, i-200):min(len(text), i+100)])
			}
		}
	}
}

// storedText is all that a server has stored.
func storedText(t *testing.T, k *kit) string {
	t.Helper()
	var all strings.Builder
	err := k.store.Store.(*pebblestore.Store).CAs("", 1000, func(ca string) error {
		fmt.Fprintln(&all, ca)
		_, err := k.store.Load(ca, nil, func(key, value []byte) error {
			fmt.Fprintf(&all, "%s %s\n", key, value)
			return nil
		})
		return err
	})
	if err != nil || all.Len() == 0 {
		t.Fatal(err)
	}
	err = filepath.WalkDir(k.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var b []byte
			b, err = os.ReadFile(path)
			all.Write(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestCHAN1_AChannelThatIsRenewedHasAnotherECI(t *testing.T) {
	k := newStation(t)
	old := k.channel("a", everything)
	k.knock(200, old, "x/test/go")
	next := ask[Channel](k, "alice", "station/alice/home/Renew", args("a", onlyTests)).ECI
	for range 2 {
		k.knock(404, old, "x/test/go")
		k.knock(200, next, "none/test/go")
		k.knock(403, next, "none/other/go")
		k.restart()
	}
	if found := ask[string](k, "alice", "station/alice/home/Find", `["a"]`); found != next {
		t.Error(found, next)
	}
}
