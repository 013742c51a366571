package main

import "testing"

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
		if err := l.members.ask(&arrived, command, 4*sfuFrame.Milliseconds()); err != nil || arrived < 2*sfuPackets {
			t.Errorf("%s: %d packets, %v", command, arrived, err)
		}
	}
}
