package pebblestore

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/logring"
	"github.com/wabgo/wab/internal/store"
)

// moodyRing refuses some of what it is asked for, after it has done half of it.
type moodyRing struct {
	ring
	refuse func() bool
}

func (m moodyRing) Write(fd uintptr, b []byte, at int64) error {
	if m.refuse() {
		return errors.Join(m.ring.Write(fd, b[:len(b)/2], at), logring.ErrRefused)
	}
	return m.ring.Write(fd, b, at)
}

func (m moodyRing) WriteSync(fd uintptr, b []byte, at int64) error {
	if m.refuse() {
		return errors.Join(m.ring.Write(fd, b[:len(b)/2], at), logring.ErrRefused)
	}
	return m.ring.WriteSync(fd, b, at)
}

func newTestRing(t *testing.T) ring {
	t.Helper()
	r, err := newRing()
	if err != nil {
		t.Skip("there is no io_uring here: ", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// newLog creates a guarded log, or uses one again that holds old bytes.
func newLog(r ring, dir, name string, old []byte) (vfs.File, error) {
	fsys := &guardedFS{vfs.Default, &failure{}, r}
	path := filepath.Join(dir, name)
	if old == nil {
		return fsys.Create(path, vfs.WriteCategoryUnspecified)
	}
	if err := os.WriteFile(path+".old", old, 0o600); err != nil {
		return nil, err
	}
	return fsys.ReuseForWrite(path+".old", path, vfs.WriteCategoryUnspecified)
}

// TestLogHoldsWhatWasWritten does what Pebble may do to a log, and compares it with bytes in memory whenever they must be there.
func TestLogHoldsWhatWasWritten(t *testing.T) {
	r := newTestRing(t)
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		old := []byte(nil)
		if rapid.Bool().Draw(rt, "used again") {
			old = bytes.Repeat([]byte("old"), rapid.IntRange(1, 5000).Draw(rt, "old"))
		}
		m := moodyRing{r, func() bool { return rapid.IntRange(0, 5).Draw(rt, "refuse") == 0 }}
		l, err := newLog(m, dir, "1.log", old)
		if err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(dir, "1.log")
		defer os.Remove(path)
		want, written := old, 0
		for i := range rapid.IntRange(1, 15).Draw(rt, "steps") {
			p := bytes.Repeat([]byte{byte(i)}, rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 32<<10), rapid.Just(maxGathered)).Draw(rt, "length"))
			if n, err := l.Write(p); n != len(p) || err != nil {
				rt.Fatal(n, err)
			}
			want = append(append([]byte(nil), want[:written]...), append(p, want[min(len(want), written+len(p)):]...)...)
			written += len(p)
			clear(p) // it is Pebble's again
			if showLog(rt, l) {
				wantLog(rt, path, want)
			}
		}
		if err := l.Close(); err != nil {
			rt.Fatal(err)
		}
		wantLog(rt, path, want)
	})
}

// showLog makes, or doesn't, one of the calls after which everything is to be seen.
func showLog(rt *rapid.T, l vfs.File) (shown bool) {
	var err error
	switch rapid.IntRange(0, 7).Draw(rt, "call") {
	case 0, 1:
		err = l.SyncData()
	case 2:
		err = l.Sync()
	case 3:
		_, err = l.SyncTo(1)
	case 4:
		_, err = l.Stat()
	case 5:
		_, err = l.ReadAt(make([]byte, 0), 0)
	case 6:
		if err = l.Preallocate(0, 4096); errors.Is(err, errors.ErrUnsupported) {
			err = nil
		}
	default:
		return false
	}
	if err != nil {
		rt.Fatal(err)
	}
	return true
}

func wantLog(rt *rapid.T, path string, want []byte) {
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		rt.Fatalf("the log holds %d bytes, want %d; %v", len(got), len(want), err)
	}
}

// TestLogsDoNotMix closes logs while others are written, on one ring.
func TestLogsDoNotMix(t *testing.T) {
	r, dir := newTestRing(t), t.TempDir()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			name := string(rune('a'+i)) + ".log"
			l, err := newLog(r, dir, name, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for range 30 + 20*i {
				_, err := l.Write(bytes.Repeat([]byte{'a' + byte(i)}, 100))
				if err := errors.Join(err, l.SyncData()); err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			got, err := os.ReadFile(filepath.Join(dir, name))
			if want := bytes.Repeat([]byte{'a' + byte(i)}, 100*(30+20*i)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("log %s holds %d bytes, want %d; %v", name, len(got), len(want), err)
			}
		})
	}
	all.Wait()
}

// TestGatheredBytesAreBounded: what nobody syncs is written out after a while.
func TestGatheredBytesAreBounded(t *testing.T) {
	l, err := newLog(newTestRing(t), t.TempDir(), "1.log", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 200 {
		if _, err := l.Write(make([]byte, 32<<10)); err != nil {
			t.Fatal(err)
		}
		if held := len(l.(*guardedLog).File.(*ringedLog).gathered); held >= maxGathered {
			t.Fatalf("%d bytes are held", held)
		}
	}
}

// TestNothingIsWrittenAfterAnError: neither the write nor the sync that has failed is repeated, and the failure bears the log's name.
func TestNothingIsWrittenAfterAnError(t *testing.T) {
	newTestRing(t)
	for _, kind := range []string{"ring-write", "ring-sync"} {
		var armed atomic.Bool
		sick, err := newSickRing(kind, &armed)
		if err != nil {
			t.Fatal(err)
		}
		defer sick.Close()
		dir := t.TempDir()
		l, err := newLog(sick, dir, "1.log", nil)
		if err != nil {
			t.Fatal(err)
		}
		failed := l.(*guardedLog).failure
		failed.stop = func(error) {}
		armed.Store(true)
		if _, err := l.Write([]byte("four")); err != nil {
			t.Fatal(err)
		}
		if err := l.SyncData(); !errors.Is(err, errInjected) {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(filepath.Join(dir, "1.log"))
		armed.Store(false) // it seems well again: too late
		_, writeErr := l.Write([]byte("more"))
		_, statErr := l.Stat()
		for i, err := range []error{writeErr, l.SyncData(), l.Sync(), statErr, l.Close()} {
			if !errors.Is(err, errInjected) {
				t.Errorf("%s: call %d returned %v", kind, i, err)
			}
		}
		if after, _ := os.ReadFile(filepath.Join(dir, "1.log")); !bytes.Equal(before, after) {
			t.Errorf("%s: the log went from %q to %q", kind, before, after)
		}
		if err := failed.err(); !errors.Is(err, errInjected) || !strings.Contains(err.Error(), "1.log") {
			t.Errorf("%s: the store's failure is %v", kind, err)
		}
	}
}

// countedRing tells how much it was used, and whether it was closed.
type countedRing struct {
	ring
	chains, closed atomic.Int64
}

func (c *countedRing) WriteSync(fd uintptr, b []byte, at int64) error {
	c.chains.Add(1)
	return c.ring.WriteSync(fd, b, at)
}

func (c *countedRing) Close() error {
	c.closed.Add(1)
	return c.ring.Close()
}

// TestWhichWayTheLogGoes: through the ring only where there is one and nothing else wants to see the calls.
func TestWhichWayTheLogGoes(t *testing.T) {
	refused := errors.New("not permitted")
	for name, c := range map[string]struct {
		fs   vfs.FS
		err  error
		ring bool
		says string
	}{
		"ring":    {vfs.Default, nil, true, "through io_uring"},
		"refused": {vfs.Default, refused, false, refused.Error()},
		"memory":  {vfs.NewMem(), nil, false, errForeignFS.Error()},
		"wrapped": {errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(errorfs.Op) error { return nil })), nil, false, errForeignFS.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			counted := &countedRing{ring: refusingRing{}}
			var said bytes.Buffer
			dir := t.TempDir()
			s, err := Open(filepath.Join(dir, "store"), Options{
				FS: c.fs, Fatal: neverFatal(t), newRing: func() (ring, error) { return counted, c.err },
				Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			if err != nil {
				t.Fatal(err)
			}
			if r := s.Commit([]store.Write{step(testCA, 1, 0)})[0]; r.Err != nil {
				t.Fatal(r.Err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if used := counted.chains.Load() > 0; used != c.ring || (counted.closed.Load() == 1) != c.ring {
				t.Errorf("%d chains, closed %d times", counted.chains.Load(), counted.closed.Load())
			}
			if strings.Count(said.String(), "the store's log") != 1 || !strings.Contains(said.String(), c.says) {
				t.Errorf("it said: %s", said.String())
			}
		})
	}
}

// TestOpenThatFailsClosesTheRing lets Pebble find damage.
func TestOpenThatFailsClosesTheRing(t *testing.T) {
	counted := &countedRing{ring: refusingRing{}}
	dir := made(t)
	if err := os.WriteFile(newest(t, dir, "MANIFEST-*"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{Fatal: neverFatal(t), newRing: func() (ring, error) { return counted, nil }})
	if err == nil || counted.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, counted.closed.Load())
	}
}
