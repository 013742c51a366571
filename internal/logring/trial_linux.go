package logring

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// trialTime is ample: the first chain touches no disk.
const trialTime = 5 * time.Second

var (
	trialText = []byte("wab")
	errTrial  = errors.New("io_uring doesn't do what it should")
)

// try runs a chain on a file in memory, and so finds out whether everything is there that chains need: the operations, the links, the
// bell, and its place in the poller.
func (r *Ring) try(patience time.Duration) error {
	fd, err := unix.MemfdCreate("logring", unix.MFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	defer unix.Close(fd)
	if err := r.bell.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("%w: %w", errTrial, err)
	}
	if err := r.WriteSync(uintptr(fd), trialText, 1); err != nil {
		return fmt.Errorf("%w: %w", errTrial, err)
	}
	found := make([]byte, len(trialText))
	if _, err := unix.Pread(fd, found, 1); err != nil || string(found) != string(trialText) {
		return fmt.Errorf("%w: it wrote %q, %v", errTrial, found, err)
	}
	return r.bell.SetReadDeadline(time.Time{})
}
