package pebblestore

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// memDisk is a MemFS that can be cloned while files are written again: its own ReuseForWrite takes the lock of CrashClone twice, which hangs if that waits for it in between.
type memDisk struct{ *vfs.MemFS }

func (d memDisk) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Rename(from, to); err != nil {
		return nil, err
	}
	return d.OpenReadWrite(to, category)
}

// cutFS is a disk whose power may be cut before each operation that changes it.
type cutFS struct {
	*vfs.MemFS
	cut func(op string) // called before each

	mu      sync.Mutex        // guards what follows
	removed map[string][]byte // files of the log that are gone, as they were
}

func newCutFS(disk *vfs.MemFS, cut func(op string)) *cutFS {
	return &cutFS{MemFS: disk, cut: cut, removed: make(map[string][]byte)}
}

func (d *cutFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(d.PathBase(name), "marker.") { // Pebble takes it that changes of a folder survive in their order
		if err := syncDir(d.MemFS, d.PathDir(name)); err != nil {
			return nil, err
		}
	}
	d.cut("create " + name)
	return d.wrap(d.MemFS.Create(name, category))
}

func (d *cutFS) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	d.cut("reuse " + from)
	d.remember(from)
	return d.wrap(memDisk{d.MemFS}.ReuseForWrite(from, to, category))
}

func (d *cutFS) OpenDir(name string) (vfs.File, error) { return d.wrap(d.MemFS.OpenDir(name)) }

func (d *cutFS) Rename(from, to string) error {
	d.cut("rename " + from)
	return d.MemFS.Rename(from, to)
}

func (d *cutFS) Remove(name string) error {
	d.cut("remove " + name)
	d.remember(name)
	return d.MemFS.Remove(name)
}

func (d *cutFS) MkdirAll(name string, mode os.FileMode) error {
	d.cut("mkdir " + name)
	return d.MemFS.MkdirAll(name, mode)
}

func (d *cutFS) remember(name string) {
	if !strings.Contains(name, "/log/") {
		return
	}
	f, err := d.MemFS.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		panic(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removed[name] = data
}

// bringBack has all removed files of the log be there again.
func (d *cutFS) bringBack(left *vfs.MemFS) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, data := range d.removed {
		if _, err := left.Stat(name); err == nil {
			continue
		}
		if err := writeSynced(left, name, string(data)); err != nil {
			panic(err)
		}
	}
}

func (d *cutFS) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &cutFile{f, d}, nil
}

type cutFile struct {
	vfs.File
	disk *cutFS
}

func (f *cutFile) Write(p []byte) (int, error) {
	f.disk.cut("write")
	return f.File.Write(p)
}

func (f *cutFile) WriteAt(p []byte, at int64) (int, error) {
	f.disk.cut("write at")
	return f.File.WriteAt(p, at)
}

func (f *cutFile) Sync() error {
	f.disk.cut("sync")
	return f.File.Sync()
}

func (f *cutFile) SyncData() error {
	f.disk.cut("sync data")
	return f.File.SyncData()
}

// remains is what a power cut leaves, and what is known of it.
type remains struct {
	disk             *vfs.MemFS
	before           string
	acked, submitted []int
	newest           store.Rev // that anybody was told of
}

// cutter runs a history and keeps what a power cut before each operation would leave.
type cutter struct {
	t *testing.T
	h *history

	mu   sync.Mutex // guards what follows
	rng  *rand.Rand
	now  remains
	kept []remains
	skip int // of so many operations, one is cut
	disk *cutFS
}

func (c *cutter) cut(op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.skip > 1 && c.rng.IntN(c.skip) > 0 {
		return
	}
	r := c.now
	r.disk, r.before = c.disk.CrashClone(cutConfig(c.rng)), op
	r.acked, r.submitted = slices.Clone(r.acked), slices.Clone(r.submitted)
	if c.rng.IntN(2) == 0 {
		c.disk.bringBack(r.disk)
	}
	c.kept = append(c.kept, r)
}

func (c *cutter) commit(s *Store, revs []store.Rev, cas ...int) {
	c.mu.Lock()
	writes := c.h.next(revs, c.now.acked, cas...)
	for _, i := range cas {
		c.now.submitted[i]++
	}
	c.mu.Unlock()
	results := s.Commit(writes)
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, i := range cas {
		if results[n].Err != nil {
			c.t.Fatal(results[n].Err)
		}
		if rev := results[n].Rev; rev != 0 && rev <= c.now.newest {
			c.t.Fatalf("revision %d after %d", rev, c.now.newest)
		}
		c.now.newest = max(c.now.newest, results[n].Rev)
		c.now.acked[i]++
		revs[i] = results[n].Rev
	}
}

// live opens what an earlier life has left, commits, and closes; the power may be cut all the while.
func live(t *testing.T, rng *rand.Rand, h *history, from remains, commits, skip int) []remains {
	c := &cutter{t: t, h: h, now: from, skip: skip, rng: rand.New(rand.NewPCG(rng.Uint64(), 0))}
	c.now.acked, c.now.submitted = slices.Clone(from.acked), slices.Clone(from.submitted)
	c.disk = newCutFS(from.disk, c.cut)
	s, err := Open("data/store", Options{FS: c.disk, Fatal: neverFatal(t), tune: smallTables, Memtable: 1 + rng.IntN(700), Heads: 1 + rng.IntN(10)})
	if err != nil {
		t.Fatalf("after a cut before %q: %v", from.before, err)
	}
	at, revs, err := h.find(s, from.acked, from.submitted)
	if err != nil {
		t.Fatalf("after a cut before %q: %v", from.before, err)
	}
	c.mu.Lock()
	c.now.acked, c.now.submitted = slices.Clone(at), slices.Clone(at) // shown is durable
	c.mu.Unlock()
	for range commits {
		cas := rng.Perm(len(h.names))[:1+rng.IntN(2)]
		c.commit(s, revs, cas...)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return append(c.kept, remains{c.disk.MemFS, "nothing", c.now.acked, c.now.submitted, c.now.newest})
}

// TestCA3_PowerCutAtEveryOperation cuts the power before each operation of a life on the disk, with a memtable and a file of the log for nearly every commit, and then again while what is left is opened, and while that is.
// Files of the log that were removed may be there again.
func TestCA3_PowerCutAtEveryOperation(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 5))
			const cas = 4
			h := newHistory(rng, cas, 60)
			first := remains{disk: vfs.NewCrashableMem(), acked: make([]int, cas), submitted: make([]int, cas)}
			for _, r := range live(t, rng, h, first, 10, 1) {
				for depth := range 2 {
					next := live(t, rng, h, r, depth, 20)
					r = next[rng.IntN(len(next))]
				}
				live(t, rng, h, r, 0, 1000)
			}
		})
	}
}
