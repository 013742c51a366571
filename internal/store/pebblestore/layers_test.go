package pebblestore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

// heldTables holds up every new table while its gate is set, and then has it fail if that is wanted.
type heldTables struct {
	gate    atomic.Pointer[chan struct{}]
	fail    atomic.Bool
	waiting chan struct{}
}

func (h *heldTables) MaybeError(op errorfs.Op) error {
	if gate := h.gate.Load(); gate != nil && fails("table-create", op) {
		h.waiting <- struct{}{}
		<-*gate
		if h.fail.Load() {
			return errInjected
		}
	}
	return nil
}

func (h *heldTables) String() string { return "held tables" }

func (h *heldTables) hold() (letGo func()) {
	gate := make(chan struct{})
	h.gate.Store(&gate)
	return func() { h.gate.Store(nil); close(gate) }
}

// layered is a store with a history in three layers: tables, a frozen memtable that is held up on its way there, and an active one that is full.
type layered struct {
	*Store
	disk   *vfs.MemFS
	tables *heldTables
	letGo  func()
	h      *history
	at     []int
	revs   []store.Rev
}

func newLayered(t *testing.T, seed uint64, fatal func(error)) *layered {
	t.Helper()
	const cas = 5
	l := &layered{disk: vfs.NewCrashableMem(), tables: &heldTables{waiting: make(chan struct{}, 100)}, at: make([]int, cas), revs: make([]store.Rev, cas)}
	l.h = newHistory(rand.New(rand.NewPCG(seed, 9)), cas, 1000)
	s, err := Open("data/store", Options{FS: inject(l.disk, l.tables), Fatal: fatal, Memtable: 4000})
	if err != nil {
		t.Fatal(err)
	}
	l.Store = s
	for s.flushing == nil {
		l.commit(t)
	}
	if err := s.flushed(); err != nil {
		t.Fatal(err)
	}
	l.letGo = l.tables.hold()
	for first := s.flushing; s.flushing == first; {
		l.commit(t)
	}
	<-l.tables.waiting
	for !l.full() {
		l.commit(t)
		if _, _, err := l.h.find(s, l.at, l.at); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *layered) full() bool {
	return l.Store.tables.active.size >= l.limit || l.log.size >= int64(l.limit)
}

func (l *layered) writes() []store.Write { return l.h.next(l.revs, l.at, 0, 1, 2) }

func (l *layered) commit(t *testing.T) {
	t.Helper()
	for i, r := range l.Commit(l.writes()) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		l.at[i]++
		l.revs[i] = r.Rev
	}
}

// TestThreeLayersShowOneInstant: while a table is held up, commits go on until the active memtable is full, and whoever reads sees one instant; the next commit waits, and loses nothing.
func TestThreeLayersShowOneInstant(t *testing.T) {
	for seed := range uint64(4) {
		l := newLayered(t, seed, neverFatal(t))
		done := make(chan struct{})
		go func() { defer close(done); l.Commit(l.writes()) }()
		at := slices.Clone(l.at)
		if _, _, err := l.h.find(l.Store, at, at); err != nil {
			t.Fatal(err)
		}
		l.letGo()
		<-done
		for i := range 3 {
			at[i]++
		}
		if _, _, err := l.h.find(l.Store, at, at); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		s := openWhenFree(t, l.disk)
		if _, _, err := l.h.find(s, at, at); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCA3_FailedTableEndsTheStore: when the table fails that a commit waits for, nobody is told that it was made, and Close tells why.
func TestCA3_FailedTableEndsTheStore(t *testing.T) {
	var fatal atomic.Int32
	l := newLayered(t, 1, func(error) { fatal.Add(1) })
	l.tables.fail.Store(true)
	done := make(chan []store.Result)
	go func() { done <- l.Commit(l.writes()) }()
	l.letGo()
	for _, r := range append(<-done, l.Commit(l.writes())...) {
		if r.Err == nil || store.Known(r.Err) {
			t.Errorf("%+v, want an unknown outcome", r)
		}
	}
	if err := l.Close(); !errors.Is(err, errInjected) || fatal.Load() != 1 {
		t.Errorf("Close: %v, fatal %d times", err, fatal.Load())
	}
	atMost := slices.Clone(l.at)
	for i := range 3 {
		atMost[i]++
	}
	s := openWhenFree(t, l.disk.CrashClone(vfs.CrashCloneCfg{}))
	defer s.Close()
	if _, _, err := l.h.find(s, l.at, atMost); err != nil {
		t.Error(err)
	}
	_ = l.release() // only so that the test leaves nothing running
}

// TestCA3_NothingHangsOnAFailure: Pebble may hold a memtable up for ever, once it can't write any more. Whoever waits for that one hears of the failure, and nothing is added to the log.
func TestCA3_NothingHangsOnAFailure(t *testing.T) {
	s, err := Open("data/store", Options{FS: vfs.NewMem(), Fatal: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan []store.Result)
	s.flushing, s.tables.active.size = make(chan struct{}), s.limit
	go func() { done <- s.Commit([]store.Write{step(testCA, 1, 0)}) }()
	_ = s.failure.set(errInjected)
	if r := <-done; !errors.Is(r[0].Err, errInjected) {
		t.Errorf("the commit that waited: %v", r[0].Err)
	}
	s.tables.active.size = 0
	if r := s.Commit([]store.Write{step(testCA, 1, 0)}); !errors.Is(r[0].Err, errInjected) || s.log.size != 0 {
		t.Errorf("a commit after it: %v, with %d bytes of log", r[0].Err, s.log.size)
	}
	if err := s.Close(); !errors.Is(err, errInjected) {
		t.Errorf("Close: %v", err)
	}
	_ = s.release() // only so that the test leaves nothing running
}
