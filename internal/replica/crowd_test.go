package replica

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestMAP11_WhoComesBackWithinAFrameIsNotGone(t *testing.T) {
	var c crowd
	c.show(65, "alice", []byte{1})
	c.show(65, "", nil)
	c.show(65, "alice", []byte{2})
	if len(c.gone) != 0 || len(c.changed) != 1 || string(c.members[65].value) != "\x02" {
		t.Errorf("%d gone, %d changed, %v", len(c.gone), len(c.changed), c.members)
	}
}

func TestMAP11_ACrowdCountsSeatsAndASubscriberTakesAllOfItsOwnAlong(t *testing.T) {
	var c crowd
	for who := range uint64(MaxCrowd) {
		if !c.show(1+who, "alice", []byte{1}) {
			t.Fatalf("no room for %d", who)
		}
	}
	if c.show(MaxCrowd+1, "bob", []byte{1}) {
		t.Error("there was room for one more")
	}
	c.leave(1 + wire.MaxSeats)
	if len(c.members) != MaxCrowd-wire.MaxSeats || len(c.gone) != wire.MaxSeats {
		t.Errorf("%d are left, %d gone", len(c.members), len(c.gone))
	}
	for who := range uint64(MaxCrowd) {
		c.show(1+who, "", nil)
	}
	if len(c.members) != 0 || len(c.changed) != 0 || len(c.gone) != MaxCrowd {
		t.Errorf("%d are left, %d changed, %d gone", len(c.members), len(c.changed), len(c.gone))
	}
}
