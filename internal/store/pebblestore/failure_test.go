package pebblestore

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// TestCA3_NothingIsAcknowledgedAfterAFailure lets a Fatal that returns show that the store is shut for good by then.
func TestCA3_NothingIsAcknowledgedAfterAFailure(t *testing.T) {
	var armed atomic.Bool
	var fatal []error
	mem := vfs.NewCrashableMem()
	s, err := Open("data/store", Options{FS: errorfs.Wrap(mem, injector("log-sync", &armed)), Fatal: func(err error) { fatal = append(fatal, err) }})
	if err != nil {
		t.Fatal(err)
	}
	acked := s.Commit([]store.Write{step(testCA, 1, 0)})[0]
	armed.Store(true)
	lost := s.Commit([]store.Write{step(testCA, 2, acked.Rev), step("app:bob/home", 1, 0)})
	armed.Store(false) // the disk seems well again: too late
	late := s.Commit([]store.Write{step("app:carol/home", 1, 0)})
	for _, r := range append(lost, late...) {
		if r.Err == nil || store.Known(r.Err) {
			t.Errorf("result %+v, want an unknown outcome", r)
		}
	}
	if len(fatal) != 1 || !errors.Is(fatal[0], errInjected) {
		t.Errorf("fatal was called with %v", fatal)
	}
	wantShut(t, s)
	left, err := Open("data/store", Options{FS: mem.CrashClone(vfs.CrashCloneCfg{}), Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	if rev, state, err := stateOf(left, testCA); rev != acked.Rev || !slices.Equal(state, stateAfter(1)) || err != nil {
		t.Errorf("what was acknowledged is now %d %q, %v", rev, state, err)
	}
	_ = s.db.Close() // only so that the test leaves nothing running
}

// wantShut: readers would show what may be lost.
func wantShut(t *testing.T, s *Store) {
	t.Helper()
	_, _, loadErr := stateOf(s, testCA)
	_, getErr := s.Get(testCA, []byte("a"))
	_, dueErr := s.DueBefore(10, store.Due{}, 10)
	listErr := s.CAs("", 10, func(string) error { return nil })
	for _, err := range []error{loadErr, getErr, dueErr, listErr, s.Close()} {
		if !errors.Is(err, errInjected) {
			t.Errorf("error %v, want the failure", err)
		}
	}
}

// heldFS keeps syncs of the log waiting while its gate is set.
type heldFS struct {
	gate    atomic.Pointer[chan struct{}]
	waiting chan struct{}
}

func (h *heldFS) MaybeError(op errorfs.Op) error {
	if gate := h.gate.Load(); gate != nil && fails("log-sync", op) {
		h.waiting <- struct{}{}
		<-*gate
	}
	return nil
}

func (h *heldFS) String() string { return "held" }

// TestCA3_ReadersSeeDurableCommitsOnly holds the sync of one CA's commit: whoever reads that CA waits, and nobody else.
func TestCA3_ReadersSeeDurableCommitsOnly(t *testing.T) {
	held := &heldFS{waiting: make(chan struct{}, 100)}
	s, err := Open("data/store", Options{FS: errorfs.Wrap(vfs.NewMem(), held), Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := s.Commit([]store.Write{step(testCA, 1, 0), step("app:bob/home", 1, 0), step("app:dave/home", 1, 0)})
	gate := make(chan struct{})
	held.gate.Store(&gate)
	var all sync.WaitGroup
	all.Go(func() {
		s.Commit([]store.Write{step(testCA, 2, first[0].Rev), {CA: "app:dave/home", Expect: first[2].Rev, Destroy: true}})
	})
	<-held.waiting
	for s.visible(t, testCA) == first[0].Rev { // the sync and the memtable race
		runtime.Gosched()
	}
	var open atomic.Bool
	reads := []func() error{
		func() error { _, _, err := stateOf(s, testCA); return err },
		func() error { _, _, err := stateOf(s, "app:dave/home"); return err },
		func() error { _, err := s.Get(testCA, []byte("a")); return err },
		func() error { _, err := s.Get("app:dave/home", []byte("a")); return err },
		func() error { _, err := s.DueBefore(10, store.Due{}, 10); return err },
		func() error { return s.CAs("", 10, func(string) error { return nil }) },
	}
	for i, read := range reads {
		all.Go(func() {
			if err := read(); err != nil || !open.Load() {
				t.Errorf("read %d came back before the sync, or failed: %v", i, err)
			}
		})
	}
	for range 2000 { // the others go on meanwhile, long enough for a read that doesn't wait to show
		if _, state, err := stateOf(s, "app:bob/home"); err != nil || !slices.Equal(state, stateAfter(1)) {
			t.Fatal(state, err)
		}
		if value, err := s.Get("app:bob/home", []byte("a")); err != nil || string(value) != "1" {
			t.Fatal(value, err)
		}
	}
	open.Store(true)
	held.gate.Store(nil)
	close(gate)
	all.Wait()
}

// visible is the revision that Pebble shows, durable or not.
func (s *Store) visible(t *testing.T, ca string) store.Rev {
	value, err := s.value(appendCA(nil, ca, endHead))
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseHead(value)
	if err != nil {
		t.Fatal(err)
	}
	return h.rev
}

func TestDamagedHeadEndsTheProcess(t *testing.T) {
	mem := vfs.NewMem()
	openAndClose(t, mem)
	var fatal []error
	s, err := Open("data/store", Options{FS: mem, Fatal: func(err error) { fatal = append(fatal, err) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Set(appendCA(nil, testCA, endHead), []byte("short"), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := stateOf(s, testCA); !errors.Is(err, ErrCorrupt) {
		t.Errorf("load: %v", err)
	}
	if r := s.Commit([]store.Write{step(testCA, 1, 0)})[0]; !errors.Is(r.Err, ErrCorrupt) || len(fatal) != 1 {
		t.Errorf("commit: %v, fatal %v", r.Err, fatal)
	}
	if strings.Contains(fatal[0].Error(), "\n") {
		t.Errorf("not one line: %q", fatal[0])
	}
	_ = errors.Join(s.db.Close(), s.lock.Close())
}
