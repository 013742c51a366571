package pebblestore

import (
	"runtime"
	"testing"
)

func TestABriefSyncIsMadeInPlace(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	disk, p := newDisk(t), newPace()
	p.mean.Store(0)
	if err := p.sync(disk); err != nil || disk.syncs != 0 {
		t.Errorf("%v, and the scheduler was told %d times", err, disk.syncs)
	}
	disk.Close()
	p.mean.Store(0)
	if err := p.sync(disk); err == nil {
		t.Error("a closed file was synced")
	}
}
