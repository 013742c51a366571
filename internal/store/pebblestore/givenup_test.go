package pebblestore

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// TestOPS1_AFullDiskAtTheStartIsTold: Pebble finds a log that it can't write down as tables, and would try that for ever.
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
	fs := inject(left, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
			return syscall.ENOSPC
		}
		return nil
	}))
	_, err = Open("data/store", Options{FS: fs, Fatal: neverFatal(t)})
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "make room") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("it says: %v", err)
	}
	full.Store(false) // what was given up gets to its end
	s = openWhenFree(t, fs)
	defer s.Close()
	if _, state, err := stateOf(s, testCA); err != nil || !slices.Equal(state, stateAfter(1)) {
		t.Errorf("the state is %q, %v", state, err)
	}
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
