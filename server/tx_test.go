package server

import (
	"fmt"
	"testing"
	"time"
)

func TestSendAndThen(t *testing.T) {
	k := newKit(t, botApp())
	k.want("bob", "bot/bob/home/Add", "[10]", "10")
	k.do("bob", "bot/bob/home/Open", `["alice",["Add","Hear"]]`)
	k.do("alice", "bot/alice/home/Ask", `["bob/home",5]`)
	k.eventually("alice", "bot/alice/home/Log", "[]", `["init","bob/home says 15"]`)
	k.do("alice", "bot/alice/home/Clear", "[]")
	k.do("alice", "bot/alice/home/Tell", `["bob/home","one"]`)
	k.do("alice", "bot/alice/home/Tell", `["bob/home","two"]`)
	k.eventually("bob", "bot/bob/home/Log", "[]", `["init","alice/home: one","alice/home: two"]`)
}

func TestRefusalsAndFailuresAreHeard(t *testing.T) {
	k := newKit(t, botApp())
	k.want("bob", "bot/bob/home/Get", "[]", "0")
	k.do("alice", "bot/alice/home/Ask", `["bob/home",5]`)
	k.eventually("alice", "bot/alice/home/Log", "[]", `["init","refused: not_allowed: You may not call Add of bot:bob/home. Its owner, bob, decides who may."]`)
	k.do("alice", "bot/alice/home/Clear", "[]")
	k.do("bob", "bot/bob/home/Open", `["alice",["Hear"]]`)
	k.do("alice", "bot/alice/home/Tell", `["bob/home","bad"]`)
	k.eventually("alice", "bot/alice/home/Log", "[]", `["failed Hear: failed: won't hear that"]`)
}

func TestCA7_TimersSurviveRestartsAndRingLateRatherThanNever(t *testing.T) {
	k := newKit(t, botApp())
	k.do("alice", "bot/alice/home/RingIn", "[5000]")
	k.clock.Advance(4 * time.Second)
	k.want("alice", "bot/alice/home/Rung", "[]", "0")
	k.stop()
	k.clock.Advance(time.Hour)
	k.start()
	k.clock.Advance(time.Millisecond)
	k.eventually("alice", "bot/alice/home/Rung", "[]", "1")
	k.clock.Advance(time.Hour)
	k.want("alice", "bot/alice/home/Rung", "[]", "1")
}

func TestCA7_RepeatingTimers(t *testing.T) {
	k := newKit(t, botApp())
	id := k.do("alice", "bot/alice/home/RingEvery", "[1000]")
	for i := 1; i <= 3; i++ {
		k.clock.Advance(time.Second)
		k.eventually("alice", "bot/alice/home/Rung", "[]", string(rune('0'+i)))
	}
	k.want("alice", "bot/alice/home/Quiet", "["+string(id.Result)+"]", "true")
	k.clock.Advance(10 * time.Second)
	k.want("alice", "bot/alice/home/Rung", "[]", "3")
	k.want("alice", "bot/alice/home/Quiet", "["+string(id.Result)+"]", "false")
	k.want("alice", "bot/alice/home/Log", "[]", `["init","every7 0s","every7 0s","every7 0s"]`)
}

func TestBUS3_RulesDecide(t *testing.T) {
	k := newKit(t, botApp())
	k.do("alice", "bot/alice/home/Open", `["bob",["Add"]]`)
	k.want("bob", "bot/alice/home/Add", "[1]", "1")
	k.refused("bob", "bot/alice/home/Get", "[]", "not_allowed")
	k.refused("carol", "bot/alice/home/Add", "[1]", "not_allowed")
	k.do("alice", "bot/alice/home/OpenKnown", `[2,"Get"]`)
	k.refused("bob", "bot/alice/home/Get", "[]", "not_allowed")
	k.want("bob", "bot/alice/home/Add", "[1]", "2")
	k.want("bob", "bot/alice/home/Get", "[]", "2")
	k.do("alice", "bot/alice/home/Close", `["bob"]`)
	k.refused("bob", "bot/alice/home/Add", "[1]", "not_allowed")
	k.want("alice", "bot/alice/home/Revoke", `["bob",[]]`, "true")
	k.want("bob", "bot/alice/home/Add", "[1]", "3")
}

func TestBUS5_TheOwnerSeesWhoDidWhatAndWhy(t *testing.T) {
	k := newKit(t, botApp())
	k.do("alice", "bot/alice/home/Open", `["bob",["Add","Get"]]`)
	k.do("bob", "bot/alice/home/Add", "[1]")
	k.do("bob", "bot/alice/home/Get", "[]")
	k.do("carol", "bot/alice/home/Get", "[]")
	rows := `[{"Who":"alice","Denied":0,"Changes":1,"Accepted":%d},{"Who":"bob","Denied":0,"Changes":1,"Accepted":2},{"Who":"carol","Denied":1,"Changes":0,"Accepted":0}]`
	k.want("alice", "bot/alice/home/Ledger", "[]", fmt.Sprintf(rows, 1))
	k.want("alice", "bot/alice/home/Why", `["carol","Get"]`, `"bot:carol may not call Get of bot:alice/home: no rule allows it, and by default only its owner may."`)
	k.want("alice", "bot/alice/home/Why", `["bob","Get"]`, `"bot:bob may call Get of bot:alice/home: rule 1 allows the methods Add, Get to bot:bob."`)
	if err := k.Drain(t.Context()); err != nil { // what was counted in memory is written
		t.Fatal(err)
	}
	k.restart()
	k.want("alice", "bot/alice/home/Ledger", "[]", fmt.Sprintf(rows, 4))
}

func TestDestroy(t *testing.T) {
	k := newKit(t, botApp())
	k.want("alice", "bot/alice/home/Add", "[1]", "1")
	k.do("alice", "bot/alice/home/RingIn", "[1000]")
	k.do("alice", "bot/alice/home/End", "[]")
	k.refused("bob", "bot/alice/home/Get", "[]", "not_found")
	k.clock.Advance(time.Minute)
	k.want("alice", "bot/alice/home/Get", "[]", "0")
	k.want("alice", "bot/alice/home/Rung", "[]", "0")
}
