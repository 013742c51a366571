package pebblestore

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// TestCA3_NothingIsAcknowledgedAfterAFailure lets a Fatal that returns show that the store is shut for good by then.
func TestCA3_NothingIsAcknowledgedAfterAFailure(t *testing.T) {
	var armed atomic.Bool
	var fatal []error
	mem := vfs.NewCrashableMem()
	s, err := Open("data/store", Options{FS: inject(mem, injector("log-sync", &armed)), Fatal: func(err error) { fatal = append(fatal, err) }})
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
	_ = s.release() // only so that the test leaves nothing running
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

// TestCA3_ReadersSeeDurableCommitsOnly holds the sync of commits: whoever reads sees what was there before, and waits for nothing.
func TestCA3_ReadersSeeDurableCommitsOnly(t *testing.T) {
	held := &heldFS{waiting: make(chan struct{}, 100)}
	s, err := Open("data/store", Options{FS: inject(vfs.NewMem(), held), Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := s.Commit([]store.Write{step(testCA, 1, 0), step("app:dave/home", 1, 0)})
	gate := make(chan struct{})
	held.gate.Store(&gate)
	var all sync.WaitGroup
	all.Go(func() {
		writes := []store.Write{step(testCA, 2, first[0].Rev), {CA: "app:dave/home", Expect: first[1].Rev, Destroy: true}, step("app:erin/home", 1, 0)}
		for _, r := range s.Commit(writes) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
	})
	<-held.waiting
	wantStates(t, s, map[string]int{testCA: 1, "app:dave/home": 1, "app:erin/home": 0})
	held.gate.Store(nil)
	close(gate)
	all.Wait()
	wantStates(t, s, map[string]int{testCA: 2, "app:dave/home": 0, "app:erin/home": 1})
}

// wantStates looks in every way there is: which CAs there are, after which step, and which are due.
func wantStates(t *testing.T, s *Store, want map[string]int) {
	t.Helper()
	var names []string
	var due []store.Due
	for _, ca := range slices.Sorted(maps.Keys(want)) {
		n := want[ca]
		if _, state, err := stateOf(s, ca); err != nil || !slices.Equal(state, stateAfter(n)) {
			t.Errorf("%s holds %.60q, %v; want that of step %d", ca, state, err, n)
		}
		value, err := s.Get(ca, []byte("a"))
		if shown := n != 0; err != nil || (value != nil) != shown || shown && string(value) != strconv.Itoa(n) {
			t.Errorf("%s shows %q, %v; want that of step %d", ca, value, err, n)
		}
		if n != 0 {
			names = append(names, ca)
		}
		if n%2 == 1 {
			due = append(due, store.Due{CA: ca, At: int64(n)})
		}
	}
	var found []string
	if err := s.CAs("", 10, func(ca string) error { found = append(found, ca); return nil }); err != nil || !slices.Equal(found, names) {
		t.Errorf("there are %q, %v; want %q", found, err, names)
	}
	if list, err := s.DueBefore(10, store.Due{}, 10); err != nil || !slices.Equal(list, due) {
		t.Errorf("due are %v, %v; want %v", list, err, due)
	}
}

func TestDamagedHeadEndsTheProcess(t *testing.T) {
	mem := vfs.NewMem()
	openAndClose(t, mem)
	var fatal []error
	s, err := Open("data/store", Options{FS: mem, Fatal: func(err error) { fatal = append(fatal, err) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Set(appendCA(nil, testCA, endHead), []byte("short"), pebble.NoSync); err != nil {
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
	_ = errors.Join(s.release(), s.lock.Close())
}
