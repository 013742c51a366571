package pebblestore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// TestOPS1_AFullDiskAtTheStartIsTold: a log is found that can't be written down as tables, and Pebble would try that for ever.
func TestOPS1_AFullDiskAtTheStartIsTold(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s, err := Open("data/store", Options{FS: disk, Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Commit([]store.Write{step(testCA, 1, 0)})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	left := disk.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var full atomic.Bool
	full.Store(true)
	fs := inject(left, noTables(&full))
	_, err = Open("data/store", Options{FS: fs, Fatal: neverFatal(t)})
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "make room") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("it says: %v", err)
	}
	full.Store(false)
	s = openWhenFree(t, fs)
	defer s.Close()
	if _, state, err := stateOf(s, testCA); err != nil || !slices.Equal(state, stateAfter(1)) {
		t.Errorf("the state is %q, %v", state, err)
	}
}

// noTables has no room for tables while the disk is full.
func noTables(full *atomic.Bool) errorfs.Injector {
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && fails("table-create", op) {
			return syscall.ENOSPC
		}
		return nil
	})
}

// TestOPS1_AFullDiskAtAnUpgradeIsTold: in a store of version 1 it is Pebble that finds the log, and Open has to give it up. It goes on in vain until the process ends, which is why that is a process of its own.
func TestOPS1_AFullDiskAtAnUpgradeIsTold(t *testing.T) {
	h, at, dir := newHistory(rand.New(rand.NewPCG(1, 8)), 3, 30), []int{2, 5, 9}, t.TempDir()
	if ok, err := vfs.Clone(version1(t, h, at), vfs.Default, "data/store", dir); !ok || err != nil {
		t.Fatal(ok, err)
	}
	c := startChild(t, "no tables", dir)
	_ = c.cmd.Wait()
	if code, said := c.cmd.ProcessState.ExitCode(), c.stderr.String(); code != 3 || !strings.Contains(said, "make room") || strings.Count(said, "\n") != 1 {
		t.Errorf("it ends with %d and says: %s", code, said)
	}
	s, err := Open(dir, Options{Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := h.find(s, at, at); err != nil {
		t.Error(err)
	}
}

// TestOPS1_AListOfTablesThatCantBeWrittenIsTold: of that Pebble tells in words, and goes on in vain.
func TestOPS1_AListOfTablesThatCantBeWrittenIsTold(t *testing.T) {
	for role, kind := range map[string]error{"full manifest": ErrFull, "no new files": ErrReadOnly} {
		t.Run(role, func(t *testing.T) {
			dir := made(t)
			c := startChild(t, role, dir)
			_ = c.cmd.Wait()
			said := c.stderr.String()
			if code := c.cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(said, kind.Error()+": "+advice[kind]) || strings.Count(said, "\n") != 1 {
				t.Errorf("it ends with %d and says: %s", code, said)
			}
			wantMade(t, dir)
		})
	}
}

// refusing is a disk that is full as tables are listed, or a folder of somebody else's in which only the lock may be written.
func refusing(role string) errorfs.Injector {
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch {
		case role == "full manifest" && fails("manifest-write", op):
			return syscall.ENOSPC
		case role == "no new files" && op.Kind == errorfs.OpCreate:
			return syscall.EACCES
		}
		return nil
	})
}

// openWhenFree opens a store once an Open that was given up lets the folder go.
func openWhenFree(t *testing.T, disk vfs.FS) *Store {
	t.Helper()
	for {
		s, err := Open("data/store", Options{FS: disk, Fatal: neverFatal(t)})
		if err == nil {
			return s
		}
		if !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
	}
}
