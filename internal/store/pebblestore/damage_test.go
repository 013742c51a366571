package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// twoLogs is what a crash leaves of a store that has two files of the log to replay, each some blocks long, and how many commits it has acknowledged.
func twoLogs(t *testing.T) (disk *vfs.MemFS, at int) {
	t.Helper()
	held := &heldTables{waiting: make(chan struct{}, 100)}
	mem := vfs.NewCrashableMem()
	s, err := Open("data/store", Options{FS: inject(mem, held), Fatal: neverFatal(t), Memtable: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	letGo := held.hold()
	rev := store.Rev(0)
	for ; s.log.number < 2 || s.log.size < 100<<10; at++ {
		r := s.Commit([]store.Write{logWrite(at, rev)})[0]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		rev = r.Rev
	}
	disk = mem.CrashClone(vfs.CrashCloneCfg{})
	letGo()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return disk, at
}

func logWrite(n int, expect store.Rev) store.Write {
	value := []byte(fmt.Sprint(n) + strings.Repeat("x", 3000))
	return store.Write{CA: testCA, Expect: expect, Puts: []store.KV{{Key: []byte("n"), Value: value}}}
}

// TestCA3_DamagedLogIsRefused: what a power cut can't have done to the log is told in one line, and nothing is lost without a word. What can't be told from a power cut is in the last case.
func TestCA3_DamagedLogIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		file   string
		damage func(data []byte) []byte // nil removes the file
		lost   int                      // so many commits at the end may be lost without a word; 0: it is refused
	}{
		"FirstFlippedAtStart":  {"000001.log", flip(30), 0},
		"FirstFlipped":         {"000001.log", flip(40 << 10), 0},
		"FirstFlippedAtEnd":    {"000001.log", flip(-15), 0},
		"FirstCut":             {"000001.log", cut(-20), 0},
		"FirstCutAtABlock":     {"000001.log", cut(64 << 10), 0},
		"FirstCutAtARecord":    {"000001.log", func(data []byte) []byte { return data[:firstRecords(data, 3)] }, 0},
		"FirstEmpty":           {"000001.log", cut(0), 0},
		"FirstZeroed":          {"000001.log", zero(20<<10, 30<<10), 0},
		"FirstMissing":         {"000001.log", nil, 0},
		"LastMissing":          {"000002.log", nil, 0},
		"LastFlippedAtStart":   {"000002.log", flip(30), 0},
		"LastFlipped":          {"000002.log", flip(50 << 10), 0},
		"LastFlippedInHeader":  {"000002.log", flip(4), 0},
		"LastFlippedLate":      {"000002.log", flip(-5000), 0},
		"LastBlockZeroed":      {"000002.log", zero(32<<10, 64<<10), 0},
		"LastFlippedInTheLast": {"000002.log", flip(-100), 1},
		"LastCut":              {"000002.log", cut(-100), 1},
	} {
		t.Run(name, func(t *testing.T) {
			disk, at := twoLogs(t)
			path := "data/store/log/" + test.file
			if test.damage == nil {
				if err := disk.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				rewrite(t, disk, path, test.damage)
			}
			if test.lost == 0 {
				refused(t, "data/store", Options{FS: disk}, ErrCorrupt)
				return
			}
			s := openWhenFree(t, disk)
			defer s.Close()
			value, err := s.Get(testCA, []byte("n"))
			if want := logWrite(at-1-test.lost, 0).Puts[0].Value; err != nil || string(value) != string(want) {
				t.Errorf("it shows %.5q, %v; want %.5q", value, err, want)
			}
		})
	}
}

// TestCA3_ALogThatIsGoneIsMissed: after a crash the log holds what is nowhere else. After a Close it doesn't, also where nothing was committed before it, and nobody asks for it.
func TestCA3_ALogThatIsGoneIsMissed(t *testing.T) {
	disk, at := twoLogs(t)
	crashed := disk.CrashClone(vfs.CrashCloneCfg{})
	removeLog(t, crashed)
	refused(t, "data/store", Options{FS: crashed}, ErrCorrupt)
	s := openWhenFree(t, disk)
	fresh := disk.CrashClone(vfs.CrashCloneCfg{}) // nobody can tell that nothing was committed
	removeLog(t, fresh)
	refused(t, "data/store", Options{FS: fresh}, ErrCorrupt)
	rev, _, err := stateOf(s, testCA)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Commit([]store.Write{logWrite(at, rev)})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	for range 3 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		removeLog(t, disk)
		s = openWhenFree(t, disk)
		if value, err := s.Get(testCA, []byte("n")); err != nil || string(value) != string(logWrite(at, 0).Puts[0].Value) {
			t.Fatalf("it shows %.5q, %v", value, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func removeLog(t *testing.T, disk vfs.FS) {
	t.Helper()
	if err := disk.RemoveAll("data/store/log"); err != nil {
		t.Fatal(err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(data []byte) []byte {
		data[(at+len(data))%len(data)] ^= 0x40
		return data
	}
}

func cut(at int) func([]byte) []byte {
	return func(data []byte) []byte { return data[:(at+len(data))%len(data)] }
}

func zero(from, to int) func([]byte) []byte {
	return func(data []byte) []byte { clear(data[from:to]); return data }
}

// firstRecords is how long so many records of a log are that lie in its first block.
func firstRecords(log []byte, n int) (size int) {
	for range n {
		size += logHeader + int(log[size+4]) + int(log[size+5])<<8
	}
	return size
}

func rewrite(t *testing.T, disk *vfs.MemFS, path string, change func([]byte) []byte) {
	t.Helper()
	f, err := disk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err == nil {
		err = writeSynced(disk, path, string(change(data)))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
