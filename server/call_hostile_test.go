package server

import (
	"errors"
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

func TestCALL1_NonsenseIsAnsweredAndNobodyElseNotices(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["mallory"]`, "null")
	alice, mallory := s.joins("alice", "A"), s.joins("mallory", "M")
	for i, payload := range []any{
		nil, 7, "offer", []any{1}, map[string]any{}, map[string]any{"t": 5}, map[string]any{"t": "nonsense"},
		map[string]any{"t": "offer", "n": 1, "sdp": "v=0"},
		map[string]any{"t": "offer", "n": -1, "sdp": 12},
		map[string]any{"t": "answer", "n": 99, "sdp": "v=0"},
		map[string]any{"t": "candidate", "candidate": "candidate:nonsense", "mid": "0", "line": 0},
		map[string]any{"t": "act", "action": 0},
		map[string]any{"t": "act", "action": 1, "value": make([]byte, 2000)},
		map[string]any{"t": "people", "people": []any{map[string]any{"member": "x", "principal": "hall:alice"}}},
		map[string]any{"t": "state", "off": []any{"nose"}},
		map[string]any{"t": "view", "hidden": []any{"everybody"}},
	} {
		if err := mallory.call.Send(payload); err != nil {
			t.Fatalf("payload %d: %v", i, err)
		}
	}
	mallory.waitFor("a refusal", func(sig sfu.Signal) bool { r, ok := sig.(sfu.Refused); return ok && r.Message != "" })
	if err := mallory.call.Send(map[string]any{"t": "act", "action": 2, "at": 0, "value": "still here", "principal": "hall:alice", "member": alice.call.Member()}); err != nil {
		t.Fatal(err)
	}
	alice.waitFor("an act with its true sender", func(sig sfu.Signal) bool {
		a, ok := sig.(sfu.Act)
		return ok && a.Action == 2 && a.Principal == "hall:mallory" && a.Member == mallory.call.Member()
	})
	alice.sees("alice/A", "mallory/M")
}

func TestCALL1_AFloodOfSignalsEndsItsOwnCallOnly(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["mallory"]`, "null")
	alice, mallory := s.joins("alice", "A"), s.joins("mallory", "M")
	for n := range 200 {
		if mallory.call.Send(map[string]any{"t": "act", "action": n + 1, "at": 0}) != nil {
			break // it may be out already
		}
	}
	mallory.waitFor("the end of patience", func(sig sfu.Signal) bool { r, ok := sig.(sfu.Refused); return ok && r.Code == string(wire.Quota) })
	if err := alice.call.Send(map[string]any{"t": "act", "action": 1, "at": 0, "value": "fine"}); err != nil {
		t.Fatal(err)
	}
	alice.waitFor("her own act", func(sig sfu.Signal) bool {
		a, ok := sig.(sfu.Act)
		return ok && a.Principal == "hall:alice"
	})
}

func TestCALL1_CallsOfAConnectionAreBounded(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	alice := s.joins("alice", "A")
	for range 7 {
		if _, err := alice.c.Call(t.Context(), "hall:alice/home/room", client.CallOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := alice.c.Call(t.Context(), "hall:alice/home/room", client.CallOptions{})
	if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Code != wire.TooLarge {
		t.Error(err)
	}
	for i, room := range []string{"hall:alice/home", "room", "forum/party", "hall:alice/home/Room"} {
		_, err := s.joins("alice", fmt.Sprint(i)).c.Call(t.Context(), room, client.CallOptions{})
		if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Code != wire.BadRequest {
			t.Errorf("%s: %v", room, err)
		}
	}
	_, err = alice.c.Call(t.Context(), "hall:alice/home/room", client.CallOptions{Hello: sfu.Hello{Name: string(make([]byte, 65))}})
	if err == nil {
		t.Error("a name of 65 bytes")
	}
}

func TestCALL1_OnePersonDoesNotFillARoom(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	for range 8 {
		s.joins("bob", "B")
	}
	if _, refused := s.raw("bob").enters(wire.CallOpen{Call: 1}); refused != wire.Quota { // a client would go on asking
		t.Error("bob is refused with", refused)
	}
	s.want("alice", "hall/alice/home/People", "[]", `["bob/B","bob/B","bob/B","bob/B","bob/B","bob/B","bob/B","bob/B"]`)
}
