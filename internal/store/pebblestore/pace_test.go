package pebblestore

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// aDisk takes as long for a sync as it is told, by a clock of its own.
type aDisk struct {
	vfs.File
	clock time.Time
	takes time.Duration
	syncs int
}

func (d *aDisk) SyncData() error {
	d.syncs++
	d.clock = d.clock.Add(d.takes)
	return d.File.SyncData()
}

func newDisk(t *testing.T) *aDisk {
	t.Helper()
	f, err := vfs.Default.Create(filepath.Join(t.TempDir(), "1.log"), vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &aDisk{File: f}
}

func TestASlowDiskTakesNobodysProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	disk, p := newDisk(t), newPace()
	disk.takes, p.now = 2*brief, func() time.Time { return disk.clock }
	const syncs = 3 * memory
	for range syncs {
		if err := p.sync(disk); err != nil {
			t.Fatal(err)
		}
	}
	if disk.syncs != syncs {
		t.Errorf("%d of %d syncs have told the scheduler that they wait", disk.syncs, syncs)
	}
	disk.takes = brief / 3
	for range 3 * memory {
		if err := p.sync(disk); err != nil {
			t.Fatal(err)
		}
	}
	if !p.keepsProcessor() {
		t.Error("it is slow for ever")
	}
}

func TestOnlyTheSystemsDiskIsSyncedWithoutItsFileSystem(t *testing.T) {
	if guarded(vfs.Default, nil).pace == nil {
		t.Error("the system's disk is never synced in place")
	}
	faulty := inject(vfs.Default, errorfs.InjectorFunc(func(errorfs.Op) error { return nil }))
	for name, fsys := range map[string]vfs.FS{"memory": vfs.NewMem(), "a disk with faults": faulty} {
		if guarded(fsys, nil).pace != nil {
			t.Errorf("%s is passed over", name)
		}
	}
}

func TestSyncsKeepTheirProcessorWhereTheyAreBriefAndThereIsAnother(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	after := func(n int, took ...time.Duration) *pace {
		p := newPace()
		for range n {
			for _, d := range took {
				p.took(d)
			}
		}
		return p
	}
	hung := after(1000, brief/3)
	hung.took(10 * time.Second)
	for _, c := range []struct {
		why        string
		pace       *pace
		processors int
		want       bool
	}{
		{"nothing is known", after(0), 2, false},
		{"few were brief", after(memory/2, brief/3), 2, false},
		{"many were brief", after(1000, brief/3), 2, true},
		{"they take a little more now and then", after(1000, brief/3, brief/3, brief/3, brief*3/2), 2, true},
		{"each fourth takes long", after(1000, brief/3, brief/3, brief/3, 20*brief), 2, false},
		{"many were brief, the last one was not", hung, 2, false},
		{"it is the only processor", after(1000, brief/3), 1, false},
	} {
		runtime.GOMAXPROCS(c.processors)
		if got := c.pace.keepsProcessor(); got != c.want {
			t.Errorf("%s: keeps it: %v", c.why, got)
		}
	}
}

func TestASyncInPlaceTellsWhatWentWrong(t *testing.T) {
	disk := newDisk(t)
	if err := syncInPlace(disk.File); err != nil {
		t.Errorf("a good file: %v", err)
	}
	disk.Close()
	if err := syncInPlace(disk.File); err == nil {
		t.Error("a closed file was synced")
	}
}
