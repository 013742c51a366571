package server

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// owners is the scope of a token that is not narrowed.
var owners policy.Scope

func TestBUS6_ADevicesTokenOpensItsMapsAndReportsOnly(t *testing.T) {
	k := newHouse(t)
	k.key("buzzer")
	token := k.key("lamp", "State", "scores")
	owner, scope, err := k.accounts.Verify(token)
	if want := "DeviceReport lamp-desired lamp-reported lamp-bundles State scores"; err != nil || owner != "alice" || scope.App != "house" || scope.CA != "alice/home" ||
		strings.Join(scope.Methods, " ") != want {
		t.Error(owner, scope, err)
	}
	if year := k.clock.Now().Add(deviceTokenAge).UnixMicro(); scope.Expires != year {
		t.Error("it expires", scope.Expires, "not", year)
	}
	if a := k.as(token, "house/alice/home/State", `["lamp"]`); a.Result == nil {
		t.Errorf("%+v", a)
	}
	for _, path := range []string{"house/alice/home/Log", "house/alice/other/State", "house/alice/home/Key", "house/alice/other/DeviceReport"} {
		if a := k.as(token, path, `["lamp"]`); a.Error.Code != "not_allowed" {
			t.Errorf("%s: %+v", path, a)
		}
	}
	for _, label := range []string{"buzzer-desired", "buzzer-bundles", "other"} {
		if _, status := k.entriesAs(token, "house/alice/home/maps/"+label); status != 403 {
			t.Error(label, status)
		}
	}
	if code := k.tell(token, `["buzzer",{"on":true},[]]`); code != "not_allowed" {
		t.Error("a report for another device got", code)
	}
}

// An app's methods say who may do what; nobody but the owner gets a token that speaks for the owner.
func TestBUS1_OnlyItsOwnerGetsADevicesToken(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	a := k.refused("friend", "house/alice/home/Key", `["lamp",0,[]]`, "failed")
	if !strings.Contains(a.Error.Message, "Only alice gets tokens") {
		t.Error(a.Error.Message)
	}
}

func TestBUS6_ANarrowedTokenGetsNoWiderOne(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	home := policy.Scope{App: "house", CA: "alice/home"}
	for name, s := range map[string]policy.Scope{
		"only Key":    {Methods: []string{"Key"}},
		"not bundles": {Methods: []string{"Key", "DeviceReport", "lamp-desired", "lamp-reported"}},
	} {
		a := k.as(k.token("alice", s), "house/alice/home/Key", `["lamp",0,[]]`)
		if a.Error.Code != "failed" || !strings.Contains(a.Error.Message, "only be narrowed") {
			t.Errorf("%s: %+v", name, a)
		}
	}
	a := k.as(k.token("alice", home), "house/alice/home/Key", `["lamp",0,[]]`) // kit's tokens last an hour
	_, scope, err := k.accounts.Verify(strings.Trim(string(a.Result), `"`))
	if err != nil || scope.Expires != k.clock.Now().Add(time.Hour).UnixMicro() {
		t.Errorf("%+v: %v, %v", a, scope, err)
	}
}

func TestTokensThatCantBe(t *testing.T) {
	k := newHouse(t)
	for args, want := range map[string]string{
		`["lamp",-1,[]]`:                                     "lasts from a second",
		`["lamp",400000000,[]]`:                              "3650 days",
		`["lamp",0,["Nothing"]]`:                             "no method",
		`["lamp",0,["OnOutcome"]]`:                           "no method",
		`["lamp",0,["a b"]]`:                                 "a map by its label",
		`["lamp",0,["Bad-Label"]]`:                           "no method",
		`["lamp",0,["bad-label-"]]`:                          "",
		`["lamp",0,[` + strings.Repeat(`"a",`, 63) + `"a"]]`: "at most 64 methods",
	} {
		a := k.refused("alice", "house/alice/home/Key", args, "failed")
		if !strings.Contains(a.Error.Message, want) {
			t.Errorf("%s: %s", args, a.Error.Message)
		}
	}
	k.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
}

func TestBUS6_ANewTokenEndsTheOneBefore(t *testing.T) {
	k := newHouse(t)
	first := k.key("lamp")
	k.told(first, `["lamp",{},[]]`)
	second := k.key("lamp")
	if code := k.tell(first, `["lamp",{},[]]`); code != "unauthenticated" {
		t.Error("the old token got", code)
	}
	k.told(second, `["lamp",{},[]]`)
	k.refused("alice", "house/alice/home/KeyAndFail", `["lamp"]`, "failed")
	k.told(second, `["lamp",{},[]]`) // what failed ended nothing
	k.restart()
	if code := k.tell(first, `["lamp",{},[]]`); code != "unauthenticated" {
		t.Error("the old token got", code)
	}
	k.told(second, `["lamp",{},[]]`)
}

// A gadget that is connected with the old token is cut off, and can't come back.
func TestBUS6_AnOldTokensConnectionEnds(t *testing.T) {
	k := newHouse(t)
	old := k.key("lamp")
	gadget := guilds(k).connect(old)
	if code := gadget.subscribe(1, "house:alice/home/lamp-bundles"); code != "" {
		t.Fatal(code)
	}
	k.key("lamp")
	_, b := gadget.await(wire.KindBye)
	if bye, err := wire.ParseBye(b); err != nil || bye.Code != wire.Unauthenticated {
		t.Errorf("%+v, %v", bye, err)
	}
}

// Two gadgets of one name share its session, which only one can have: the later one takes over, and the first is told.
func TestTwoGadgetsWithOneName(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	open := func(run string) *reader {
		gadget := guilds(k).connect(token)
		gadget.send(wire.Open{Ch: 1, CA: "house:alice/home", Session: "lamp", Run: run}.Append(nil))
		gadget.await(wire.KindOpened)
		return gadget
	}
	first := open("the-first-gadget-of-two")
	open("the-second-gadget-of-two")
	_, b := first.await(wire.KindError)
	if f, err := wire.ParseFailure(b); err != nil || f.ID != 0 || f.Err.Code != wire.Conflict {
		t.Errorf("%+v, %v", f, err)
	}
}

// A CA that is gone leaves no token that would make it anew.
func TestBUS6_ADestroyedCAsDevicesHaveNoToken(t *testing.T) {
	k := newHouse(t)
	lamp, old := k.key("lamp"), k.key("buzzer")
	buzzer := k.key("buzzer")
	k.do("alice", "house/alice/home/End", `[]`)
	for _, token := range []string{lamp, buzzer, old} {
		if code := k.tell(token, `["lamp",{},[]]`); code != "unauthenticated" {
			t.Error("a token got", code)
		}
	}
	k.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
	k.restart()
	if code := k.tell(lamp, `["lamp",{},[]]`); code != "unauthenticated" {
		t.Error("after a restart a token got", code)
	}
}

// What ends with a commit ends for good: also where the server ends at once, and the CA is not in memory again.
func TestBUS6_ATokenEndsWithItsCommitWhateverHappensThen(t *testing.T) {
	k := newHouse(t)
	for range 10 {
		old := k.key("lamp")
		current := k.key("lamp")
		k.restart()
		if code := k.tell(old, `["lamp",{},[]]`); code != "unauthenticated" {
			t.Fatal("the old token got", code)
		}
		k.told(current, `["lamp",{},[]]`)
	}
}

func TestBUS6_WhetherATokenCountsMayBeUnknown(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.devices.read = func(string, []byte) ([]byte, error) { return nil, errors.New("the disk is gone") }
	if code := k.tell(token, `["lamp",{},[]]`); code != "unavailable" {
		t.Error("the token got", code)
	}
}

// until waits for what comes by itself.
func (k houseKit) until(is func() bool) {
	k.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			k.t.Fatal("it doesn't come")
		}
		runtime.Gosched()
	}
}
