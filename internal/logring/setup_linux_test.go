package logring

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestARefusedSetupIsTold(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSYS, syscall.EPERM, syscall.ENOMEM} {
		refuse := func(uint32, *params) (int, error) { return -1, errno }
		if r, err := open(kernel{refuse, enter, trialTime}); r != nil || !errors.Is(err, errno) {
			t.Errorf("%v: %v, %v", errno, r, err)
		}
	}
}

// TestAHalfMadeRingLeavesNothing lets each step fail after the one before.
func TestAHalfMadeRingLeavesNothing(t *testing.T) {
	newRing(t)
	before := openFiles(t)
	old := func(entries uint32, p *params) (int, error) {
		fd, err := setup(entries, p)
		p.features &^= featCQESkip
		return fd, err
	}
	unmappable := func(entries uint32, p *params) (int, error) {
		return unix.Eventfd(0, unix.EFD_CLOEXEC)
	}
	mapped := func(entries uint32, p *params) (int, error) {
		*p = params{features: featSingleMmap | featCQESkip, sqEntries: 2, cqEntries: 4}
		return unix.Eventfd(0, unix.EFD_CLOEXEC)
	}
	busy := func(int, uint32) (uint32, error) { return 0, syscall.EBUSY }
	silent := func(_ int, count uint32) (uint32, error) { return count, nil }
	for _, c := range []struct {
		k   kernel
		err error
	}{
		{kernel{old, enter, trialTime}, errTooOld}, {kernel{unmappable, enter, trialTime}, errTooOld}, {kernel{mapped, enter, trialTime}, syscall.ENODEV}, {kernel{setup, busy, trialTime}, errTrial},
		{kernel{setup, silent, time.Millisecond}, os.ErrDeadlineExceeded},
	} {
		if r, err := open(c.k); r != nil || !errors.Is(err, c.err) {
			t.Errorf("%v, %v; want %v", r, err, c.err)
		}
	}
	wantOpenFiles(t, before)
}

func TestCloseLeavesNothing(t *testing.T) {
	newRing(t) // the poller has files of its own from now on
	before := openFiles(t)
	for range 10 {
		r, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteSync(0, []byte("x"), 0); !errors.Is(err, ErrClosed) {
			t.Fatalf("after Close: %v", err)
		}
	}
	wantOpenFiles(t, before)
}

// TestCloseWaitsForTheChain closes a ring that is busy: a chain is carried out as a whole, or not begun.
func TestCloseWaitsForTheChain(t *testing.T) {
	r, f := newRing(t), newFile(t)
	begun, ended := make(chan struct{}), make(chan error)
	var want []byte
	go func() {
		var err error
		for ; err == nil; want = append(want, 'x') {
			if err = r.WriteSync(f.Fd(), []byte{'x'}, int64(len(want))); err != nil {
				break
			}
			if len(want) == 10 {
				close(begun)
			}
		}
		ended <- err
	}()
	<-begun
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != ErrClosed {
		t.Error(err)
	}
	wantContents(t, f, want)
}

func TestExecClosesTheRing(t *testing.T) {
	r := newRing(t)
	conn, err := r.bell.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Control(func(bell uintptr) {
		for _, fd := range []int{r.fd, int(bell)} {
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("flags %x, %v", flags, err)
			}
		}
	})
}

func openFiles(t *testing.T) int {
	t.Helper()
	runtime.GC() // closes files that other tests have lost
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func wantOpenFiles(t *testing.T, want int) {
	t.Helper()
	if got := openFiles(t); got != want {
		t.Errorf("%d files are open, there were %d", got, want)
	}
}
