package main

import (
	"testing"
	"time"
)

const patience = 30 * time.Second

func TestEachSideOfTheSFUBenchArrives(t *testing.T) {
	l := &sfuLoad{n: 2}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := l.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"forward", "copy", "cipher"} {
		var arrived int64
		for late := time.Now().Add(patience); arrived < 2*sfuPackets && time.Now().Before(late); { // on a busy machine they take longer than the bench waits
			var n int64
			if err := l.members.ask(&n, command, 4*sfuFrame.Milliseconds()); err != nil {
				t.Fatal(command, err)
			}
			arrived += n
		}
		if arrived < 2*sfuPackets {
			t.Errorf("%s: %d packets", command, arrived)
		}
	}
}
