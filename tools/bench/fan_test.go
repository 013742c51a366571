package main

import (
	"context"
	"testing"

	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// TestAnAudienceHearsEveryFrame: single ones of all lengths of header, and joined ones.
func TestAnAudienceHearsEveryFrame(t *testing.T) {
	const sockets = 5
	ctx := context.Background()
	loop, err := fanRole(ctx, []string{itoa(sockets)})
	if err != nil {
		t.Fatal(err)
	}
	listeners, err := audienceRole(ctx, []string{loop.ready.(address).Addr, itoa(sockets)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(r *role, command string) any {
		answer, err := r.do(ctx, command)
		if err != nil {
			t.Fatal(command, err)
		}
		return answer
	}
	for _, size := range []string{"20", "126", "5000"} {
		ask(loop, "size "+size)
		ask(loop, "write")
		h := ask(listeners, "hear 1 0").(heard)
		if h.Changes != sockets || h.Frames != sockets || itoa(int(h.Bytes)) != size {
			t.Errorf("of %s bytes: %+v", size, h)
		}
	}
	sent := ask(loop, "joined 7 1").(slot).Operations
	if h := ask(listeners, "hear "+itoa(int(sent))+" 0").(heard); sent%7 != 0 || h.Changes != sockets*sent {
		t.Errorf("%d were sent to each: %+v", sent, h)
	}
	if err := loop.close(); err != nil {
		t.Error(err)
	}
	if err := listeners.close(); err != nil {
		t.Error(err)
	}
}

func TestTheNewestVersionOfADeltaIsFound(t *testing.T) {
	d := &sharedmap.Delta{Epoch: 1 << 50, From: 3, To: 300, Changes: []sharedmap.Entry{{Key: "k", Value: []byte{1}, Version: 300}}}
	to, err := newest(sharedmap.AppendDelta(wire.AppendMapDelta(nil, 1), 7, d))
	if to != 300 || err != nil {
		t.Error(to, err)
	}
	if _, err := newest([]byte{0x82, 0x18, wire.KindMapDelta}); err == nil {
		t.Error("half a frame has a version")
	}
}

// TestAPacedLoadIsTheSameLoad: each operation is begun once, whatever the pace.
func TestAPacedLoadIsTheSameLoad(t *testing.T) {
	begun := make([]int, 12)
	l := load{3, func(client int, done func(error)) func(int) {
		return func(n int) {
			begun[client+n*3]++
			done(nil)
		}
	}}
	if err := l.paced(100_000).each(context.Background(), len(begun)); err != nil {
		t.Fatal(err)
	}
	for i, n := range begun {
		if n != 1 {
			t.Errorf("operation %d was begun %d times", i, n)
		}
	}
}
