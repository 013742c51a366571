package server

import (
	"fmt"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/call"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// raw is a client that says what it likes.
func (s *stage) raw(owner string) *reader {
	return guilds{s.kit}.connect(s.token(owner, policy.Scope{}))
}

const theHall = "hall:alice/home/room"

// enters opens a call, and answers what became of it: who it is, or why not.
func (r *reader) enters(f wire.CallOpen) (in wire.CallOpened, refused wire.Code) {
	r.t.Helper()
	f.Room = theHall
	r.send(f.Append(nil))
	for {
		kind, b := r.await(wire.KindCallOpened, wire.KindCallEnd)
		if kind == wire.KindCallOpened {
			in, err := wire.ParseCallOpened(b)
			if err != nil {
				r.t.Fatal(err)
			}
			return in, ""
		}
		end, err := wire.ParseCallEnd(b)
		if err != nil {
			r.t.Fatal(err)
		}
		if end.Call == f.Call {
			return in, end.Err.Code
		}
	}
}

// isOut waits until the call is over, and tells why.
func (r *reader) isOut() wire.Code {
	r.t.Helper()
	_, b := r.await(wire.KindCallEnd)
	end, err := wire.ParseCallEnd(b)
	if err != nil {
		r.t.Fatal(err)
	}
	return end.Err.Code
}

// alone waits until nobody has media in any room: whoever is not seen has none.
func (s *stage) alone() {
	s.t.Helper()
	s.until("nobody has media", func() bool { return s.media.Stats().Peers == 0 })
}

func TestCALL1_ATicketSeatsOneMember(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.want("alice", "hall/alice/home/Admit", `["carol"]`, "null")
	s.joins("carol", "C") // keeps the room in memory
	tabs := make([]*reader, 8)
	for i := range tabs {
		tabs[i] = s.raw("bob")
	}
	for i := range uint32(40) {
		in, refused := tabs[0].enters(wire.CallOpen{Call: 2*i + 1})
		if refused != "" {
			t.Fatal(refused)
		}
		tabs[0].send(wire.CallClose{Call: 2*i + 1}.Append(nil))
		again := wire.CallOpen{Call: 2*i + 2, Member: in.Member, Secret: in.Secret}
		var all sync.WaitGroup
		for _, r := range tabs {
			all.Go(func() { r.enters(again) })
		}
		all.Wait()
		s.until("as many have media as are seen", func() bool { return s.media.Stats().Peers == s.calls.Stats().Members })
		for _, r := range tabs {
			r.send(wire.CallClose{Call: 2*i + 2}.Append(nil))
		}
		s.until(fmt.Sprint("whoever left has no media, round ", i), func() bool { return s.media.Stats().Peers == 1 && s.calls.Stats() == call.Stats{Rooms: 1, Members: 1} })
	}
}

func TestCALL1_ARoomThatSomebodyEntersAsTheLastOneLeavesFollowsItsRules(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.want("alice", "hall/alice/home/Admit", `["carol"]`, "null")
	tabs := [2]*reader{s.raw("bob"), s.raw("carol")}
	for i := uint32(1); i <= 300; i++ {
		in, out := tabs[i%2], tabs[(i+1)%2]
		var left sync.WaitGroup
		left.Go(func() { out.send(wire.CallClose{Call: i}.Append(nil)) })
		s.until("not too many come in at once", func() bool { return s.calls.Stats().Asking < call.MaxCalls })
		if _, refused := in.enters(wire.CallOpen{Call: i + 1}); refused != "" {
			t.Fatal(refused)
		}
		left.Wait()
		if i%10 == 0 {
			s.want("alice", "hall/alice/home/Close", "[]", "null")
			if code := in.isOut(); code != wire.NotFound {
				t.Fatal(i, code)
			}
			s.alone()
			s.want("alice", "hall/alice/home/Open", "[]", "null")
		}
	}
}

func TestCALL1_ARevokedTokenEndsItsMembersAtOnce(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	for _, c := range []struct {
		name string
		cut  func(*reader)
	}{
		{"a client that does not go", func(*reader) {}},
		{"a client that is away", func(r *reader) {
			_ = r.ws.CloseNow()
			s.until("it is gone", func() bool { return s.sessions.Stats().Conns == 0 })
		}},
	} {
		token := s.token("bob", policy.Scope{})
		bob := guilds{s.kit}.connect(token)
		if _, refused := bob.enters(wire.CallOpen{Call: 1}); refused != "" {
			t.Fatal(c.name, refused)
		}
		c.cut(bob)
		if err := s.accounts.Revoke(token); err != nil {
			t.Fatal(err)
		}
		s.until(c.name+" is out", func() bool { return s.calls.Stats().Members == 0 })
		s.alone()
		_ = bob.ws.CloseNow()
	}
}

func TestCALL1_AFloodOfCallsIsTheFloodersOwnTrouble(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["mallory"]`, "null")
	mallory := s.raw("mallory")
	go func() { // reads nothing
		for i := uint32(1); i < 20_000; i++ {
			open, end := wire.CallOpen{Call: i, Room: theHall}.Append(nil), wire.CallClose{Call: i}.Append(nil)
			if mallory.ws.Write(t.Context(), websocket.MessageBinary, open) != nil || mallory.ws.Write(t.Context(), websocket.MessageBinary, end) != nil {
				return
			}
		}
	}()
	for range 50 {
		s.want("alice", "hall/alice/home/Rooms", "[]", `["room"]`)
	}
	_ = mallory.ws.CloseNow()
}
