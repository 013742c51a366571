package call

import (
	"testing"

	"github.com/wabgo/wab/internal/name"
)

func TestTicketsAreWorthSomethingOnlyWhereTheyWereMade(t *testing.T) {
	h := &Hub{opt: Options{Key: []byte("k")}}
	room := name.Name{App: "hall", Owner: "alice", Local: "home", Item: "room"}
	mine := h.ticket(room, "bob", "")
	if !h.genuine(mine, room, "bob") {
		t.Error("a ticket is not known where it was made")
	}
	if !(&Hub{opt: Options{Key: []byte("k")}}).genuine(mine, room, "bob") {
		t.Error("a ticket is not known after a restart")
	}
	if again := h.ticket(room, "bob", mine.member); again.member != mine.member || again.secret == mine.secret {
		t.Error("a member that begins anew keeps its id and gets another secret")
	}
	other := room
	other.Item = "attic"
	for what, known := range map[string]bool{
		"another room":   h.genuine(mine, other, "bob"),
		"another person": h.genuine(mine, room, "carol"),
		"another member": h.genuine(ticket{mine.member + "x", mine.secret}, room, "bob"),
		"another key":    (&Hub{opt: Options{Key: []byte("l")}}).genuine(mine, room, "bob"),
		"a short secret": h.genuine(ticket{mine.member, mine.secret[:12]}, room, "bob"),
		"none":           h.genuine(ticket{}, room, "bob"),
		"moved bytes":    h.genuine(ticket{mine.member, mine.secret[1:] + mine.secret[:1]}, room, "bob"),
	} {
		if known {
			t.Error("a ticket counts for", what)
		}
	}
}

func TestActionsArePaced(t *testing.T) {
	var p pace
	n := 0
	for range 100 {
		if p.take(1_000_000) {
			n++
		}
	}
	if n != actBurst {
		t.Errorf("%d at once, want %d", n, actBurst)
	}
	if p.take(1_000_000 + actEvery - 1) {
		t.Error("one too early")
	}
	if !p.take(1_000_000 + actEvery) {
		t.Error("none when there is room again")
	}
}
