package logring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// TestBytesLieInTheOrderTheyWereWritten compares the file with what a plain one would hold.
func TestBytesLieInTheOrderTheyWereWritten(t *testing.T) {
	r := newRing(t)
	rapid.Check(t, func(rt *rapid.T) {
		f, err := os.CreateTemp(t.TempDir(), "log")
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		var want []byte
		for i := range rapid.IntRange(1, 30).Draw(rt, "chains") {
			b := bytes.Repeat([]byte{byte(i + 1)}, rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, 100_000)).Draw(rt, "length"))
			do := r.Write
			if rapid.Bool().Draw(rt, "sync") {
				do = r.WriteSync
			}
			if err := do(f.Fd(), b, int64(len(want))); err != nil {
				rt.Fatal(err)
			}
			want = append(want, b...)
		}
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("the file holds %d bytes, %v; want %d", len(got), err, len(want))
		}
	})
}

// TestChainsOfSeveralFilesDoNotMix writes from stacks that grow, too.
func TestChainsOfSeveralFilesDoNotMix(t *testing.T) {
	r := newRing(t)
	var all sync.WaitGroup
	for i := range 8 {
		f := newFile(t)
		all.Go(func() {
			var want []byte
			for n := range 50 {
				line := fmt.Appendf(nil, "%d.%d\n", i, n)
				if err := writeDeep(r, n%20, f.Fd(), line, int64(len(want))); err != nil {
					t.Error(err)
				}
				want = append(want, line...)
			}
			wantContents(t, f, want)
		})
	}
	all.Wait()
}

func writeDeep(r *Ring, depth int, fd uintptr, b []byte, at int64) error {
	var room [1024]byte
	copy(room[:], b)
	if depth > 0 {
		return writeDeep(r, depth-1, fd, room[:len(b)], at)
	}
	return r.WriteSync(fd, room[:len(b)], at)
}

func TestASyncAlone(t *testing.T) {
	r, f := newRing(t), newFile(t)
	if err := errors.Join(r.WriteSync(f.Fd(), nil, 0), r.Write(f.Fd(), nil, 0)); err != nil {
		t.Fatal(err)
	}
	wantContents(t, f, nil)
}

// TestAFailedWriteTellsWhy: not that its sync was called off.
func TestAFailedWriteTellsWhy(t *testing.T) {
	r, f := newRing(t), newFile(t)
	closed, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	if err := r.WriteSync(closed.Fd(), []byte("x"), 0); !errors.Is(err, syscall.EBADF) {
		t.Errorf("a file open for reading: %v", err)
	}
	if err := r.WriteSync(f.Fd(), []byte("well"), 0); err != nil { // what was called off doesn't count for it
		t.Error(err)
	}
	wantContents(t, f, []byte("well"))
}

func TestAFailedSyncIsTold(t *testing.T) {
	r := newRing(t)
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	defer to.Close()
	if err := r.WriteSync(to.Fd(), nil, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("the sync of a pipe: %v", err)
	}
}

// TestAShortWriteIsGoneOnWith: a file may grow up to the limit, so a write across it ends short first, and then fails.
func TestAShortWriteIsGoneOnWith(t *testing.T) {
	const limit = 1 << 20
	r, f := newRing(t), newFile(t)
	limitFiles(t, limit)
	if err := r.WriteSync(f.Fd(), make([]byte, 1000), limit-600); !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("error %v, want %v", err, syscall.EFBIG)
	}
	if info, err := f.Stat(); err != nil || info.Size() != limit {
		t.Errorf("the file has %v, %v", info.Size(), err)
	}
}

func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was) })
}

// TestWhatTheKernelDoesNotTakeIsRefused leaves the ring in order: the next chain is carried out.
func TestWhatTheKernelDoesNotTakeIsRefused(t *testing.T) {
	busy := false
	r, f := openRing(t, kernel{setup, func(fd int, count uint32) (uint32, error) {
		if busy {
			return 0, syscall.EAGAIN
		}
		return enter(fd, count)
	}, trialTime}), newFile(t)
	for i := range 5 {
		busy = true
		if err := r.WriteSync(f.Fd(), []byte("lost"), 0); !errors.Is(err, ErrRefused) || !errors.Is(err, syscall.EAGAIN) {
			t.Fatal(err)
		}
		busy = false
		if err := r.WriteSync(f.Fd(), []byte{'a' + byte(i)}, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	wantContents(t, f, []byte("abcde"))
}

func TestHalfAChainBreaksTheRing(t *testing.T) {
	half := false
	r, f := openRing(t, kernel{setup, func(fd int, count uint32) (uint32, error) {
		if half {
			return enter(fd, 1)
		}
		return enter(fd, count)
	}, trialTime}), newFile(t)
	half = true
	for range 2 {
		if err := r.WriteSync(f.Fd(), []byte("x"), 0); err != errHalf {
			t.Errorf("error %v", err)
		}
	}
	if r.held == nil {
		t.Error("it lets go of what the kernel may read")
	}
}
