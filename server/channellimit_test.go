package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var onlyTests = Attenuation{Events: []Pattern{{"test", "*"}}}

func TestCHAN1_AttenuationOfWholeServers(t *testing.T) {
	k := newStation(t)
	none := k.channel("none", Attenuation{})
	for _, path := range []string{"none/test/go", "none/system/subscribe", "none/wrangler/subscription"} {
		if body := k.knock(403, none, path); !strings.Contains(body, "does not take the event") {
			t.Error(body)
		}
	}
	if w := k.visit("GET", "/sky/cloud/"+none+"/a/b", ""); w.Code != 403 || !strings.Contains(w.Body.String(), "does not take the query a:b") {
		t.Error(w.Code, w.Body)
	}
	all := k.channel("all", everything)
	for _, path := range []string{"none/system/subscribe", "none/system/anything", "none/wrangler/subscription", "none/wrangler/subscription_cancellation?Id=1", "none/cloudos/subscribe"} {
		k.knock(403, all, path)
	}
	k.knock(200, all, "none/System/subscribe")
	some := k.channel("some", Attenuation{Events: []Pattern{{"chat", "said"}, {"*", "ping"}}, Attributes: AttributeLimits{Max: 2, Bytes: 30, Only: []string{"a", "b", "n"}}})
	for path, status := range map[string]int{
		"none/chat/said": 200, "none/chat/left": 403, "none/any/ping": 200, "none/system/ping": 403, "none/chat/ping?a=1&b=2": 200, "none/chat/ping?a=1&b=2&n=3": 413, "none/chat/ping?c=1": 403,
		"none/chat/ping?a=" + strings.Repeat("x", 40): 413,
	} {
		k.knock(status, some, path)
	}
	if got := k.channel("some", onlyTests); got != some {
		t.Error("changed what it allows, and its ECI")
	}
	k.knock(403, some, "none/chat/said")
	k.knock(200, some, "none/test/go?c=1")
	expiring := onlyTests
	expiring.Expires = k.clock.Now().Add(time.Hour)
	k.channel("some", expiring)
	k.clock.Advance(time.Hour - time.Microsecond)
	k.knock(200, some, "none/test/go")
	k.clock.Advance(time.Microsecond)
	k.knock(404, some, "none/test/go")
	k.channel("some", onlyTests)
	k.knock(200, some, "none/test/go")
}

func TestCHAN1_ChannelsThatMakeNoSenseAreRefused(t *testing.T) {
	k := newStation(t)
	for _, c := range []struct {
		name string
		a    Attenuation
	}{
		{"", everything}, {"A", everything}, {"a/b", everything}, {"-a", everything}, {"sub-1", everything}, {strings.Repeat("x", 64), everything}, {"a@b", everything},
		{"a", Attenuation{Events: []Pattern{{"", ""}}}}, {"a", Attenuation{Events: []Pattern{{"a b", "c"}}}}, {"a", Attenuation{Rate: Rate{Events: 1}}}, {"a", Attenuation{Rate: Rate{1, 10}}},
		{"a", Attenuation{Rate: Rate{-1, time.Second}}}, {"a", Attenuation{Attributes: AttributeLimits{Max: -1}}}, {"a", Attenuation{Queries: make([]Pattern, 65)}},
	} {
		if a := k.refused("alice", "station/alice/home/Open", args(c.name, c.a), "failed"); len(a.Error.Message) < 10 {
			t.Error(a.Error)
		}
	}
	if all := ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`); len(all) != 0 {
		t.Error(all)
	}
	k.refused("bob", "station/alice/home/Open", args("a", everything), "not_allowed")
}

func TestCHAN1_Rates(t *testing.T) {
	k := newStation(t)
	slow := Attenuation{Events: everything.Events, Queries: everything.Queries, Rate: Rate{3, time.Hour}}
	eci := k.channel("slow", slow)
	first := k.knock(200, eci, "x/test/go")
	k.knock(200, eci, "x/test/go")      // a repetition is not counted
	k.knock(403, eci, "none/system/go") // nor is what is not let through
	k.visit("GET", "/sky/cloud/"+eci+"/a/b", "")
	k.knock(422, eci, "none/test/fail")
	if again := k.knock(200, eci, "x/test/go"); again != first {
		t.Error("who asks again gets another answer:", again)
	}
	w := k.visit("POST", "/sky/event/"+eci+"/none/test/go", "")
	if w.Code != 429 || w.Header().Get("Retry-After") != "1200" || !strings.Contains(w.Body.String(), `"quota"`) {
		t.Error(w.Code, w.Header(), w.Body)
	}
	for what, do := range map[string]func(){
		"a restart":            k.restart,
		"saying it again":      func() { k.channel("slow", slow) },
		"a failure":            func() { k.refused("alice", "station/alice/home/ShutAndFail", `["slow"]`, "failed") },
		"a failure to change":  func() { k.refused("alice", "station/alice/home/OpenAndFail", args("slow", everything), "failed") },
		"changing to and from": func() { k.channel("slow", everything); k.channel("slow", slow) },
	} {
		if do(); k.visit("POST", "/sky/event/"+eci+"/none/test/go", "").Code != 429 {
			t.Error("reset by", what)
		}
	}
	k.clock.Advance(20*time.Minute - time.Millisecond)
	k.knock(429, eci, "none/test/go")
	k.clock.Advance(time.Millisecond)
	k.knock(200, eci, "none/test/go")
	k.knock(429, eci, "none/test/go")
	k.channel("slow", Attenuation{Events: everything.Events, Rate: Rate{1000, time.Second}})
	k.knock(429, eci, "none/test/go")
	k.clock.Advance(time.Millisecond)
	k.knock(200, eci, "none/test/go") // who may more now need not wait out the hour
	k.want("alice", "station/alice/home/Shut", `["slow"]`, "true")
	k.knock(200, k.channel("slow", slow), "none/test/go") // another channel
}

func TestCHAN1_ShortRatesAreNotForgottenByWaitingUntilTheCASleeps(t *testing.T) {
	k := newStation(t)
	eci := k.channel("a", Attenuation{Events: everything.Events, Rate: Rate{1, 45 * time.Second}})
	k.idle = time.Second
	k.restart()
	k.want("alice", "station/alice/other/Count", `[]`, "0")
	k.knock(200, eci, "none/test/idle")
	for range 15 {
		k.clock.Advance(time.Second)
	}
	until(t, "sleep of the other", func() bool { return k.runtime.Active() == 1 }, k)
	k.knock(429, eci, "none/test/idle")
	k.clock.Advance(30 * time.Second)
	k.knock(200, eci, "none/test/idle")
}

func TestCHAN2_TheDoorbellTakesRequestsAndWithdrawalsOnly(t *testing.T) {
	k := newStation(t)
	bell := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`).ECI
	wide := Attenuation{Events: []Pattern{{"*", "*"}, {"system", "*"}, {"wrangler", "*"}, {"cloudos", "*"}}, Queries: []Pattern{{"*", "*"}}}
	for range 2 {
		for _, path := range []string{
			"/sky/event/%s/none/test/go", "/c/%s/event/test/go", "/c/%s/event-wait/chat/said", "/sky/cloud/%s/a/b", "/c/%s/query/a/b", "/sky/event/%s/none/system/subscribe?targetChannel=x",
			"/sky/event/%s/none/cloudos/subscribe?targetChannel=x", "/sky/event/%s/none/wrangler/subscription?wellKnown_Tx=x", "/sky/event/%s/none/wrangler/pending_subscription_approval?Id=1",
			"/sky/event/%s/none/wrangler/inbound_rejection?Id=1", "/sky/event/%s/none/wrangler/outbound_cancellation?Id=1", "/sky/event/%s/none/wrangler/subscription_cancellation?Id=1",
			"/sky/event/%s/none/system/confirmSubscription?id=1&eci=x", "/sky/event/%s/none/system/refuseSubscription?id=1", "/sky/event/%s/none/system/endSubscription?id=1",
			"/sky/event/%s/none/wrangler/outbound_pending_subscription_approved?Id=1&Tx=x", "/sky/event/%s/none/wrangler/established_removal?Id=1",
		} {
			w := k.visit("POST", fmt.Sprintf(path, bell), "")
			if w.Code != 403 && w.Code != 400 || !strings.Contains(w.Body.String(), "message") {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		for _, path := range []string{"none/test/go", "none/system/subscribe", "none/system/confirmSubscription?id=1&eci=xxxxxxxxxxxxxxxxxxxxxxxx"} {
			if body := k.knock(403, bell, path); !strings.Contains(body, "This is a doorbell") {
				t.Error(path, body)
			}
		}
		k.channel("doorbell", wide) // what it allows counts for nothing
	}
	if log := k.log(); len(log) != 0 {
		t.Error(log)
	}
	wide.Rate = Rate{1, time.Hour}
	k.channel("doorbell", wide)
	withdraw := func() int {
		return k.visit("POST", "/sky/event/"+bell+"/none/system/withdrawSubscription?id=12345678901234567890&eci=xxxxxxxxxxxxxxxxxxxxxx", "").Code
	}
	if first, second := withdraw(), withdraw(); first == 429 || second != 429 {
		t.Error(first, second)
	}
	k.want("alice", "station/alice/home/Shut", `["doorbell"]`, "true")
	k.knock(404, bell, "none/system/requestSubscription")
	if next := ask[Channel](k, "alice", "station/alice/home/Bell", `[]`).ECI; next == bell {
		t.Error("the next doorbell has the same ECI")
	}
}

func TestCHAN1_RulesDenyChannels(t *testing.T) {
	k := newStation(t)
	a, b := k.channel("a", everything), k.channel("b", everything)
	k.want("alice", "station/alice/home/Ban", `["channel/a"]`, "null")
	k.knock(403, a, "none/test/go")
	k.knock(200, b, "none/test/go")
	k.drain()
	k.knock(403, a, "none/test/go")
	if c := info(k, "a"); c.Denied != 2 || c.Accepted != 0 {
		t.Errorf("%+v", c)
	}
	k.want("alice", "station/alice/home/Unban", `["channel/a"]`, "true")
	k.knock(200, a, "none/test/go")
	k.want("alice", "station/alice/home/Ban", `["channel"]`, "null") // all of them
	k.knock(403, a, "none/test/go")
	k.knock(403, b, "none/test/go")
}

func TestCHAN1_AThousandChannels(t *testing.T) {
	k := newStation(t)
	for i := 0; i < 1000; i += 250 {
		k.want("alice", "station/alice/home/OpenMany", args(i, i+250), "null")
	}
	if a := k.refused("alice", "station/alice/home/Open", args("one-more", everything), "failed"); !strings.Contains(a.Error.Message, "1,000") {
		t.Error(a.Error)
	}
	eci := ask[string](k, "alice", "station/alice/home/Find", `["many-999"]`)
	k.restart()
	k.knock(200, eci, "none/test/go")
	if all := ask[[]ChannelInfo](k, "alice", "station/alice/home/List", `[]`); len(all) != 1000 || !slices.IsSortedFunc(all, func(a, b ChannelInfo) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error(len(all))
	}
	k.channel("many-999", Attenuation{}) // those that are there can be changed
	k.knock(403, eci, "none/test/go")
	k.want("alice", "station/alice/home/Shut", `["many-0"]`, "true")
	k.channel("one-more", everything)
}
