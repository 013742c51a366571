package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
)

// Group makes a group of principals, which others may read, and Out takes one out of it.
func (h *house) Group(tx *Tx, name string, members []string) error {
	for _, who := range members {
		if err := tx.Map(name).Set(who, true); err != nil {
			return err
		}
	}
	return tx.Allow(Anyone(), name)
}

func (h *house) Out(tx *Tx, name, who string) error {
	_, err := tx.Map(name).Delete(who)
	return err
}

// Ask has another CA's device do something.
func (h *house) Ask(tx *Tx, to, device, command string) error {
	tx.Send(to, "DeviceDo", device, command, []any{}, nil).Then("Heart")
	return nil
}

func (h *house) Heart(tx *Tx, r Response) error {
	text := "done"
	if r.Err != nil {
		text = r.Err.Error()
	}
	h.Heard = append(h.Heard, text)
	return nil
}

// May lets somebody do what a rule says.
func (h *house) May(tx *Tx, who string, methods []string) error {
	return tx.Allow(Principal(who), methods...)
}

func (h *house) Why(tx *Tx, who, what string) (string, error) {
	_, why, err := tx.Explain(who, what)
	return why, err
}

func (k houseKit) share(device, with, may string) {
	k.t.Helper()
	k.want("alice", "house/alice/home/DeviceShare", fmt.Sprintf(`[%q,{"with":[%s],"may":[%s]}]`, device, with, may), `null`)
}

// has somebody give a device a command, and tells its id or the code of the refusal.
func (k houseKit) asks(who, device, command string) (id, code, message string) {
	k.t.Helper()
	a := k.do(who, "house/alice/home/DeviceDo", fmt.Sprintf(`[%q,%q,[],null]`, device, command))
	_ = json.Unmarshal(a.Result, &id)
	return id, a.Error.Code, a.Error.Message
}

func (k houseKit) may(who, device, command string, want bool) {
	k.t.Helper()
	id, code, message := k.asks(who, device, command)
	if want && id == "" || !want && code != "not_allowed" {
		k.t.Errorf("%s has %s do %s: id %q, %s %s", who, device, command, id, code, message)
	}
}

// told has the device report what became of a command.
func (k houseKit) tells(token, device, id, outcome string) {
	k.t.Helper()
	k.told(token, fmt.Sprintf(`[%q,{},[{"id":%q,"outcome":%q,"command":"on","ran":%d}]]`, device, id, outcome, clock.Micros(k.clock.Now())))
}

func TestDEV5_OnlyWhatIsSharedIsOpen(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.key("buzzer")
	k.may("alice", "lamp", "on", true)
	k.may("bob", "lamp", "on", false)
	k.share("lamp", `"bob"`, `"read"`)
	k.may("bob", "lamp", "readTemperature", true)
	k.may("bob", "lamp", "notify", false)
	k.may("bob", "lamp", "subscribe", false)
	k.may("bob", "lamp", "on", false)
	k.may("carol", "lamp", "readTemperature", false)
	k.may("bob", "buzzer", "read", false)
	_, _, message := k.asks("bob", "lamp", "on")
	if !strings.Contains(message, "You may not write to the device lamp of house:alice/home, as on does. Its owner, alice, decides who may; you may read.") {
		t.Error(message)
	}
	for label, want := range map[string]int{"lamp-reported": 200, "lamp-log": 200, "lamp-desired": 403, "lamp-bundles": 403, "lamp-shared": 403, "buzzer-reported": 403} {
		if _, status := k.entries("bob", "house/alice/home/maps/"+label); status != want {
			t.Errorf("%s: %d", label, status)
		}
	}
	k.share("lamp", `"house:carol"`, `"notify","write"`) // in the place of the one before
	k.may("bob", "lamp", "read", false)
	k.may("carol", "lamp", "notify", true)
	k.may("carol", "lamp", "on", true)
	k.may("carol", "lamp", "read", false)
	k.want("alice", "house/alice/home/DeviceRevoke", `["lamp"]`, `null`)
	k.may("carol", "lamp", "on", false)
	if _, status := k.entries("carol", "house/alice/home/maps/lamp-reported"); status != 403 {
		t.Error(status)
	}
	k.may("alice", "lamp", "on", true)
}

func TestDEV5_AGroupOfAnotherCAsDecidesWhoIsInIt(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.do("carol", "house/carol/standup/Group", `["people",["bob","dan"]]`)
	k.share("lamp", `"group:carol/standup/people"`, `"write"`)
	k.may("bob", "lamp", "on", true)
	k.may("carol", "lamp", "on", false)
	k.do("carol", "house/carol/standup/Out", `["people","bob"]`)
	k.eventually("bob", "house/alice/home/DeviceDo", `["lamp","on",[]]`, ``)
	k.may("bob", "lamp", "on", false)
	k.may("dan", "lamp", "on", true)
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[{"may":["write"],"who":"group:house:carol/standup/people"}],"online":false}`)
}

func TestDEV5_AMeetingsCAActsAsItself(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.do("carol", "house/carol/standup/Ask", `["alice/home","lamp","on"]`)
	k.eventually("carol", "house/carol/standup/Log", `[]`, `["not_allowed: You may not call DeviceDo of house:alice/home. Its owner, alice, decides who may."]`)
	k.share("lamp", `"carol/standup"`, `"write"`)
	k.do("carol", "house/carol/standup/Ask", `["alice/home","lamp","on"]`)
	k.eventually("carol", "house/carol/standup/Log", `[]`, `["not_allowed: You may not call DeviceDo of house:alice/home. Its owner, alice, decides who may.","done"]`)
	k.may("carol", "lamp", "on", false)
}

// A rule about everything was not made with devices in mind.
func TestDEV5_ARuleAboutEverythingOpensNoDevice(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.do("alice", "house/alice/home/Let", `[]`)
	k.may("bob", "lamp", "on", false)
	k.do("alice", "house/alice/home/May", `["bob",["lamp-write"]]`)
	k.may("bob", "lamp", "on", true)
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[{"may":["write"],"who":"house:bob"}],"online":false}`)
	k.want("alice", "house/alice/home/Why", `["bob","lamp-write"]`, `"house:bob may read the map lamp-write of house:alice/home: rule 3 allows the map lamp-write to house:bob."`)
	k.want("alice", "house/alice/home/Why", `["carol","lamp-write"]`, `"house:carol may not read the map lamp-write of house:alice/home: no rule allows it, and by default only its owner may."`)
	k.do("alice", "house/alice/home/Bar", `["bob"]`) // from reports only
	k.may("bob", "lamp", "on", true)
}

func TestDEV5_OnlyTheOwnerSharesAndSees(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.share("lamp", `"bob"`, `"read","write","notify"`)
	k.do("alice", "house/alice/home/Let", `[]`)
	for method, args := range map[string]string{"DeviceShare": `["lamp",{"with":["bob"],"may":["write"]}]`, "DeviceRevoke": `["lamp"]`, "DeviceShared": `["lamp"]`} {
		a := k.refused("bob", "house/alice/home/"+method, args, "not_allowed")
		if !strings.Contains(a.Error.Message, "Only alice") {
			t.Error(a.Error.Message)
		}
		k.refused("alice", "house/alice/home/May", pack([]any{"bob", []string{method}}), "failed")
	}
	narrow := k.token("alice", policy.Scope{App: "house", Methods: []string{"DeviceShare", "DeviceDo", "buzzer-bundles", "buzzer-write"}})
	if a := k.as(narrow, "house/alice/home/DeviceShare", `["lamp",{"with":["bob"],"may":["write"]}]`); a.Error.Code != "not_allowed" {
		t.Errorf("a token for another device: %+v", a)
	}
	if a := k.as(narrow, "house/alice/home/DeviceDo", `["lamp","on",[],null]`); a.Error.Code != "not_allowed" {
		t.Errorf("a token for another device: %+v", a)
	}
}

func TestDEV5_WhatIsSharedIsSeenByItsOwner(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[],"online":false}`)
	k.share("lamp", `"bob","group:carol/standup/people"`, `"read","notify"`)
	entries, _ := k.entries("alice", "house/alice/home/maps/lamp-shared")
	µs := clock.Micros(k.clock.Now())
	want := fmt.Sprintf(`{"version":1,"entries":{"house:bob":{"may":["read","notify"],"since":%d},"group:house:carol/standup/people":{"may":["read","notify"],"since":%d}}}`, µs, µs)
	if entries != want {
		t.Errorf("%s\nwant %s", entries, want)
	}
	k.restart()
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`,
		`{"with":[{"may":["read","notify"],"who":"house:bob"},{"may":["read","notify"],"who":"group:house:carol/standup/people"}],"online":false}`)
	k.do("alice", "house/alice/home/Forget", `["lamp"]`)
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[],"online":false}`)
}

func TestDEV5_WhoDidWhatIsLogged(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.share("lamp", `"bob"`, `"write"`)
	id, _, _ := k.asks("bob", "lamp", "on")
	µs := clock.Micros(k.clock.Now())
	if log, _ := k.entries("bob", "house/alice/home/maps/lamp-log"); log != fmt.Sprintf(`{"version":1,"entries":{%q:{"at":%d,"by":"house:bob","command":"on"}}}`, id, µs) {
		t.Error(log)
	}
	k.told(token, fmt.Sprintf(`["lamp",{},[{"id":%q,"outcome":"done","command":"on","ran":%d,"method":"frame","off":-7}]]`, id, µs))
	k.heard("lamp " + id + " done on")
	want := fmt.Sprintf(`{"version":2,"entries":{%q:{"at":%d,"by":"house:bob","off":-7,"ran":%d,"method":"frame","command":"on","outcome":"done"}}}`, id, µs, µs)
	if log, _ := k.entries("alice", "house/alice/home/maps/lamp-log"); log != want {
		t.Errorf("%s\nwant %s", log, want)
	}
	for range maxLogged + 5 {
		k.clock.Advance(time.Millisecond)
		next, _, _ := k.asks("alice", "lamp", "on")
		k.tells(token, "lamp", next, "done")
	}
	var log struct{ Entries map[string]logged }
	text, _ := k.entries("alice", "house/alice/home/maps/lamp-log")
	if err := json.Unmarshal([]byte(text), &log); err != nil || len(log.Entries) != maxLogged || log.Entries[id].By != "" {
		t.Errorf("%v, %d entries", err, len(log.Entries))
	}
}

func TestDEV5_ACommandThatNobodyTakesExpires(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.share("lamp", `"bob"`, `"write"`)
	id, _, _ := k.asks("bob", "lamp", "on")
	k.clock.Advance(commandWaits)
	k.waiting("lamp", 1)
	k.clock.Advance(commandReported)
	k.heard("lamp " + id + " expired on")
	k.waiting("lamp", 0)
	log, _ := k.entries("bob", "house/alice/home/maps/lamp-log")
	if !strings.Contains(log, `"outcome":"expired"`) || !strings.Contains(log, "Nobody drives the device lamp now") {
		t.Error(log)
	}
	k.tells(token, "lamp", id, "done") // too late
	second, _, _ := k.asks("bob", "lamp", "on")
	k.restart()
	k.clock.Advance(time.Minute)
	k.heard("lamp "+id+" expired on", "lamp "+second+" expired on")
}

func TestDEV5_RevokingTakesBackWhatWaits(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.share("lamp", `"bob"`, `"write"`)
	own, _, _ := k.asks("alice", "lamp", "on")
	others, _, _ := k.asks("bob", "lamp", "on")
	k.do("alice", "house/alice/home/DeviceRevoke", `["lamp"]`)
	k.heard("lamp " + others + " refused on")
	k.waiting("lamp", 1)
	if bundles, _ := k.entries("alice", "house/alice/home/maps/lamp-bundles"); !strings.Contains(bundles, own) {
		t.Error(bundles)
	}
}

// A tab that crashes says nothing: what it shared ends by itself, and the next one starts with nothing shared.
func TestDEV5_SharingEndsWithWhatDrivesTheDevice(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.share("lamp", `"bob"`, `"write"`)
	for range 10 { // it says something now and then
		k.clock.Advance(30 * time.Second)
		k.told(token, `["lamp",{},[]]`)
		k.may("bob", "lamp", "read", false)
	}
	k.may("bob", "lamp", "on", true)
	k.clock.Advance(awayAtMost + lookEvery)
	k.eventually("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[],"online":false}`)
	k.may("bob", "lamp", "on", false)
	k.share("lamp", `"bob"`, `"write"`)
	k.restart()
	k.want("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[{"may":["write"],"who":"house:bob"}],"online":false}`)
	k.clock.Advance(awayAtMost)
	k.clock.Advance(lookEvery)
	k.eventually("alice", "house/alice/home/DeviceShared", `["lamp"]`, `{"with":[],"online":false}`)
}

func TestDEV5_TwentyPeopleClickAtOnce(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.do("carol", "house/carol/standup/Group", pack([]any{"people", people(40)}))
	k.share("lamp", `"group:carol/standup/people"`, `"write"`)
	ids := map[string]bool{}
	for i, who := range people(40) {
		id, code, message := k.asks(who, "lamp", "on")
		if i < maxCommands && id == "" || i >= maxCommands && code != "quota" {
			t.Errorf("%d: %q, %s %s", i, id, code, message)
		}
		if ids[id] = true; i == maxCommands && message != "The device lamp has 32 commands waiting already. Try again in a moment." {
			t.Error(message)
		}
	}
	k.waiting("lamp", maxCommands)
	k.blink("lamp", 1000) // and what the app gives has room
	for id := range ids {
		if id != "" {
			k.tells(token, "lamp", id, "done")
		}
	}
	for i := range maxCommandsEach + 1 {
		id, code, message := k.asks("p1", "lamp", "on")
		if (id == "") != (i == maxCommandsEach) || id == "" && (code != "quota" || !strings.Contains(message, "8 commands of yours waiting")) {
			t.Errorf("%d: %q, %s %s", i, id, code, message)
		}
	}
	if id, _, _ := k.asks("p2", "lamp", "on"); id == "" {
		t.Error("one who asks for much keeps others out")
	}
}

// A meeting's CA asks for all who are in it.
func TestDEV5_AMeetingsCASpeaksForMany(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.share("lamp", `"carol/standup"`, `"write"`)
	var want []string
	for i := range maxCommandsOfCA + 1 {
		k.do("carol", "house/carol/standup/Ask", `["alice/home","lamp","on"]`)
		if i == maxCommandsOfCA {
			want = append(want, "quota: The device lamp has 24 commands of yours waiting already. Try again in a moment.")
		} else {
			want = append(want, "done")
		}
		text, _ := json.Marshal(want)
		k.eventually("carol", "house/carol/standup/Log", `[]`, string(text))
	}
}

func people(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("p", i))
	}
	return all
}

func TestWhatCantBeShared(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	many := strings.Repeat(`"bob",`, 16) + `"carol"`
	for args, code := range map[string]string{
		`["lamp",{"with":["bob"],"may":["write"]}]`:                 "",
		`["lamp",{"with":["bob","bob"],"may":["write"],"later":1}]`: "",
		`["lamp",{"with":["group:people"],"may":["read","read"]}]`:  "",
		`["lamp"]`: "bad_request", `[]`: "bad_request", `[7,{}]`: "bad_request", `["lamp",{}]`: "bad_request", `["lamp",[]]`: "bad_request",
		`["lamp",{"with":[],"may":["write"]}]`:                            "bad_request",
		`["lamp",{"with":["bob"],"may":[]}]`:                              "bad_request",
		`["lamp",{"with":["bob"],"may":["own"]}]`:                         "bad_request",
		`["lamp",{"with":["bob"],"may":["read","write","notify","own"]}]`: "bad_request",
		`["lamp",{"with":"bob","may":["read"]}]`:                          "bad_request",
		`["lamp",{"with":[7],"may":["read"]}]`:                            "bad_request",
		`["lamp",{"with":["Bob"],"may":["read"]}]`:                        "bad_request",
		`["lamp",{"with":["bob/home/x"],"may":["read"]}]`:                 "bad_request",
		`["lamp",{"with":["group:bob"],"may":["read"]}]`:                  "", // an own one
		`["lamp",{"with":["group:bob/x"],"may":["read"]}]`:                "bad_request",
		`["lamp",{"with":["group:bob/x/y@far"],"may":["read"]}]`:          "bad_request",
		`["lamp",{"with":[` + many + `],"may":["read"]}]`:                 "bad_request",
		`["Lamp",{"with":["bob"],"may":["read"]}]`:                        "bad_request",
		`["nobody",{"with":["bob"],"may":["read"]}]`:                      "not_found",
	} {
		if a := k.do("alice", "house/alice/home/DeviceShare", args); a.Error.Code != code {
			t.Errorf("%s: %+v, want %q", args, a.Error, code)
		}
	}
	for _, method := range []string{"DeviceRevoke", "DeviceShared"} {
		for args, code := range map[string]string{`["lamp"]`: "", `[]`: "bad_request", `[7]`: "bad_request", `["Lamp"]`: "bad_request", `["lamp",1]`: "bad_request", `["nobody"]`: ""} {
			if a := k.do("alice", "house/alice/home/"+method, args); a.Error.Code != code {
				t.Errorf("%s%s: %+v, want %q", method, args, a.Error, code)
			}
		}
	}
}

func TestCommandsThatCantBe(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	for args, code := range map[string]string{
		`["lamp","on",[]]`: "", `["lamp","on",[1,{"a":2}],null]`: "", `["lamp","on"]`: "bad_request", `["lamp","on",7]`: "bad_request", `["lamp",7,[]]`: "bad_request",
		`["lamp","",[]]`: "bad_request", `["lamp","on",[],7]`: "bad_request", `["lamp","on",[],{"room":7}]`: "bad_request", `["lamp","on",[],{}]`: "bad_request",
		`["lamp","on",[],null,1]`: "bad_request", `["Lamp","on",[]]`: "bad_request", `["nobody","on",[]]`: "not_found", `["lamp","` + strings.Repeat("x", 65) + `",[]]`: "bad_request",
		`["lamp","on",["` + strings.Repeat("x", 70_000) + `"]]`: "too_large",
	} {
		if a := k.do("alice", "house/alice/home/DeviceDo", args); a.Error.Code != code {
			t.Errorf("%.60s: %+v, want %q", args, a.Error, code)
		}
	}
}
