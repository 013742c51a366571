package server

import (
	"net/http"
	"strings"
	"testing"
)

// post is what fans publish.
type post struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

// fan follows topics, and keeps what it hears.
type fan struct {
	Heard []string
	Lost  uint64
}

func (f *fan) Init(tx *Tx) error { return tx.Subscribe(Forum("party"), "OnPost") }

func (f *fan) Say(tx *Tx, topic, text string) { tx.Publish(topic, post{text, len(text)}) }

func (f *fan) SayNumber(tx *Tx, topic string, n int) { tx.Publish(topic, n) }

func (f *fan) Follow(tx *Tx, topic string) error { return tx.Subscribe(topic, "OnPost") }

func (f *fan) FollowWith(tx *Tx, topic, method string) error { return tx.Subscribe(topic, method) }

func (f *fan) Unfollow(tx *Tx, topic string) (bool, error) { return tx.Unsubscribe(topic) }

func (f *fan) Trust(tx *Tx, who string) error { return tx.Allow(Principal(who), "OnPost") }

func (f *fan) Open(tx *Tx, who, label string) error { return tx.Allow(Principal(who), label) }

func (f *fan) List(*Tx) []string { return f.Heard }

func (f *fan) OnPost(tx *Tx, m Message[post]) error {
	if m.Value.N != len(m.Value.Text) || m.At.After(tx.Now()) || m.Offset == 0 {
		return nil
	}
	f.Heard = append(f.Heard, m.From.String()+" "+m.Value.Text)
	return nil
}

func (f *fan) OnFailed(_ *Tx, r Response) error {
	f.Heard = append(f.Heard, r.Err.Error())
	return nil
}

func fanKit(t *testing.T) *kit {
	return newKit(t, App{Name: "fan", New: func() CA { return new(fan) }}, App{Name: "other", New: func() CA { return new(fan) }})
}

// tell makes a request that has to succeed.
func (k *kit) tell(owner, path, args string) {
	k.t.Helper()
	if a := k.do(owner, path, args); a.Status != http.StatusOK {
		k.t.Fatalf("%s %s by %s: %+v", path, args, owner, a.Error)
	}
}

// hears waits until an owner's fan has heard something.
func (k *kit) hears(owner, app, want string) {
	k.t.Helper()
	heard := ""
	defer func() {
		if !strings.Contains(heard, want) {
			k.t.Logf("%s heard %s", owner, heard)
		}
	}()
	until(k.t, owner+" hearing "+want, func() bool {
		heard = string(k.do(owner, app+"/"+owner+"/home/List", "[]").Result)
		return strings.Contains(heard, want)
	}, k)
}

// quiet waits until nothing is on its way. The clock goes on as in until: one that goes on at each look is seconds ahead when a handler has stood still for a moment, and ends it by deadline.
func (k *kit) quiet() {
	k.t.Helper()
	until(k.t, "rest", func() bool { return k.runtime.Quiet() && k.topics.Stats().Behind == 0 }, k)
}

func TestPUB1_AppsPublishAndSubscribe(t *testing.T) {
	k := fanKit(t)
	for _, who := range []string{"alice", "bob"} {
		k.tell(who, "fan/"+who+"/home/Trust", `["alice"]`)
	}
	k.quiet()
	k.tell("alice", "fan/alice/home/Say", `["forum/party","hello"]`)
	k.hears("alice", "fan", `"fan:alice/home hello"`)
	k.hears("bob", "fan", `"fan:alice/home hello"`)
	k.restart()
	k.tell("alice", "fan/alice/home/Say", `["forum/party","again"]`)
	k.hears("bob", "fan", `["fan:alice/home hello","fan:alice/home again"]`)
}

func TestPUB4_TopicsAreOpenedByLabel(t *testing.T) {
	k := fanKit(t)
	k.tell("bob", "fan/bob/home/Trust", `["alice"]`)
	k.tell("bob", "fan/bob/home/Follow", `["alice/home/news"]`)
	k.hears("bob", "fan", "not_allowed")
	k.tell("alice", "fan/alice/home/Open", `["bob","news"]`)
	k.tell("bob", "fan/bob/home/Unfollow", `["alice/home/news"]`)
	k.tell("bob", "fan/bob/home/Follow", `["alice/home/news"]`)
	k.quiet()
	k.tell("alice", "fan/alice/home/Say", `["news","flash"]`)
	k.hears("bob", "fan", "fan:alice/home flash")
}

func TestPUB4_AnotherAppIsAnotherPrincipal(t *testing.T) {
	k := fanKit(t)
	k.tell("bob", "fan/bob/home/Trust", `["alice"]`)
	k.tell("bob", "other/bob/home/Trust", `["fan:alice"]`)
	k.tell("bob", "other/bob/home/Follow", `["fan:forum/party"]`)
	k.quiet()
	k.tell("alice", "other/alice/home/Say", `["fan:forum/party","from afar"]`)
	k.tell("alice", "fan/alice/home/Say", `["forum/party","from here"]`)
	k.hears("bob", "fan", `["fan:alice/home from here"]`)
	k.hears("bob", "other", `["fan:alice/home from here"]`)
}

func TestPublishAndSubscribeRefuseWhatCannotBe(t *testing.T) {
	k := fanKit(t)
	long := strings.Repeat("x", 70_000)
	for body, want := range map[string]string{
		`Say ["Forum/Party","x"]`:                   "lower case",
		`Say ["bob/home","x"]`:                      "a topic is named",
		`Say ["forum/party@elsewhere.example","x"]`: "another server",
		`Say ["forum/party","` + long + `"]`:        "64 KiB",
		`FollowWith ["forum/party","Say"]`:          "takes a server.Message",
		`FollowWith ["forum/party","Nothing"]`:      "takes a server.Message",
		`Follow ["forum//x"]`:                       "label",
		`Unfollow [""]`:                             "label",
		`FollowWith ["forum/a/b","OnPost"]`:         "a topic is named",
	} {
		method, args, _ := strings.Cut(body, " ")
		if a := k.do("alice", "fan/alice/home/"+method, args); !strings.Contains(a.Error.Message, want) {
			t.Errorf("%.60s: %+v", body, a.Error)
		}
	}
}

func TestPUB3_WhatDoesNotFitTheHandlerIsPassedOver(t *testing.T) {
	k := fanKit(t)
	k.tell("alice", "fan/alice/home/Trust", `["alice"]`)
	k.quiet()
	k.tell("alice", "fan/alice/home/SayNumber", `["forum/party",7]`)
	k.tell("alice", "fan/alice/home/Say", `["forum/party","fits"]`)
	k.hears("alice", "fan", `["fan:alice/home fits"]`)
}

func TestBUS1_HandlersOfTopicsAreOutOfReachOfRequests(t *testing.T) {
	k := fanKit(t)
	k.refused("alice", "fan/alice/home/OnPost", `[{"text":"x","n":1}]`, "bad_request")
	k.refused("alice", "fan/forum/party/publish", `["x"]`, "bad_request")
}
