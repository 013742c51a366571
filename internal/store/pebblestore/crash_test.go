package pebblestore

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// TestCA3_AckedCommitsSurviveKill kills a process under load again and again, each time going on with what the kill before has left.
func TestCA3_AckedCommitsSurviveKill(t *testing.T) {
	const rounds = 30
	dir := t.TempDir()
	at := make([]int, childCAs)
	for round := range rounds {
		c := startChild(t, "work", dir)
		c.begin(at)
		acked := slices.Clone(at)
		enough := 1 + rand.IntN(1500)
		if count, err := c.read(acked, enough); err != nil || count < enough {
			t.Fatalf("round %d: the child ended after %d of %d: %v %s", round, count, enough, err, c.stderr.String())
		}
		c.kill()
		if _, err := c.read(acked, math.MaxInt); err != nil { // what it still said in time
			t.Fatal(err)
		}
		_ = c.cmd.Wait()
		at = reopenAndVerify(t, dir, acked)
	}
}

func reopenAndVerify(t *testing.T, dir string, acked []int) []int {
	t.Helper()
	s, err := Open(dir, Options{Fatal: neverFatal(t), tune: smallTables, Memtable: smallMemtable})
	if err != nil {
		t.Fatal(err)
	}
	submitted := slices.Clone(acked)
	for i := range submitted {
		submitted[i]++ // one commit of each CA was in flight
	}
	found := verify(t, s, acked, submitted)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestCA3_DiskFailureEndsTheProcess: whatever of Pebble's files fails, the process ends with one line, and has told nobody of a commit
// that is not there afterwards.
func TestCA3_DiskFailureEndsTheProcess(t *testing.T) {
	for _, kind := range []string{"log-sync", "log-write", "log-create", "table-create", "table-write", "manifest-write", "manifest-sync", "everything"} {
		t.Run(kind, func(t *testing.T) { wantEnd(t, "fail "+kind, errInjected.Error()) })
	}
}

// wantEnd runs a child until its disk fails: it ends with one line that tells why.
func wantEnd(t *testing.T, role, why string) {
	t.Helper()
	dir := t.TempDir()
	c := startChild(t, role, dir)
	acked := make([]int, childCAs)
	c.begin(acked)
	if _, err := c.read(acked, math.MaxInt); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
	if code := c.cmd.ProcessState.ExitCode(); code != 1 {
		t.Fatalf("exit code %d: %s", code, c.stderr.String())
	}
	if said := c.stderr.String(); strings.Count(said, "the store failed") != 1 || !strings.Contains(said, why) {
		t.Errorf("it said: %s", said)
	}
	reopenAndVerify(t, dir, acked)
}

// TestCA3_AckedCommitsSurvivePowerCut cuts the power of a disk that forgets what was not synced, all of it or a random part.
func TestCA3_AckedCommitsSurvivePowerCut(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 3))
			disk := vfs.NewCrashableMem()
			at := make([]int, childCAs)
			for range 4 {
				disk, at = cutPower(t, rng, disk, at)
			}
		})
	}
}

// cutPower runs the workload on a disk for a while and returns what a power cut leaves of the disk, and of the CAs.
func cutPower(t *testing.T, rng *rand.Rand, disk *vfs.MemFS, at []int) (*vfs.MemFS, []int) {
	s, err := Open("data/store", Options{FS: memDisk{disk}, Fatal: neverFatal(t), tune: smallTables, Memtable: smallMemtable})
	if err != nil {
		t.Fatal(err)
	}
	c := store.NewCommitter(s, store.CommitterOptions{MaxWrites: 1 + rng.IntN(32)})
	told := newTally(at)
	d, err := drive(s, c, at, told.add)
	if err != nil {
		t.Fatal(err)
	}
	acked := told.after(1 + rng.IntN(600))
	left := disk.CrashClone(cutConfig(rng))
	submitted := d.soFar()
	d.stop()
	c.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	survivor, err := Open("data/store", Options{FS: left, Fatal: neverFatal(t), tune: smallTables, Memtable: smallMemtable})
	if err != nil {
		t.Fatalf("after the power cut: %v", err)
	}
	defer survivor.Close()
	return left, verify(t, survivor, acked, submitted)
}

func cutConfig(rng *rand.Rand) vfs.CrashCloneCfg {
	if rng.IntN(3) == 0 {
		return vfs.CrashCloneCfg{}
	}
	return vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng}
}

// TestCA3_PowerCutDuringCreation cuts the power before each operation on the disk that makes a store: what is left can be opened.
func TestCA3_PowerCutDuringCreation(t *testing.T) {
	for at := int64(0); ; at++ {
		rng := rand.New(rand.NewPCG(uint64(at), 4))
		disk := vfs.NewCrashableMem()
		var left *vfs.MemFS
		var count atomic.Int64
		openAndClose(t, inject(disk, errorfs.InjectorFunc(func(errorfs.Op) error {
			if count.Add(1)-1 == at {
				left = disk.CrashClone(cutConfig(rng))
			}
			return nil
		})))
		if left == nil {
			return
		}
		openAndClose(t, left)
	}
}

func openAndClose(t *testing.T, disk vfs.FS) {
	t.Helper()
	s, err := Open("data/store", Options{FS: disk, Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// tally counts acknowledgements.
type tally struct {
	mu    sync.Mutex // guards what follows
	more  *sync.Cond
	acked []int
	count int
}

func newTally(at []int) *tally {
	t := &tally{acked: slices.Clone(at)}
	t.more = sync.NewCond(&t.mu)
	return t
}

func (t *tally) add(i, n int) {
	t.mu.Lock()
	t.acked[i] = n
	t.count++
	t.mu.Unlock()
	t.more.Signal()
}

// after waits for a number of acknowledgements and returns all there are.
func (t *tally) after(count int) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.count < count {
		t.more.Wait()
	}
	return slices.Clone(t.acked)
}
