package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/logring"
)

// maxGathered is how much a ringed log keeps at most before it writes it out without a sync. Pebble hands over 32 KiB at a time.
const maxGathered = 1 << 20

// ring writes and syncs without a thread that waits: a *logring.Ring.
type ring interface {
	Write(fd uintptr, b []byte, at int64) error
	WriteSync(fd uintptr, b []byte, at int64) error
	Close() error
}

var errForeignFS = errors.New("files are not the operating system's own")

// openRing is the store's ring, nil where its log goes the plain way. Files that are not the system's own, or that are wrapped by
// something that wants to see each call, go the plain way even if they have descriptors.
func openRing(dir string, opts Options) ring {
	r, err := ring(nil), errForeignFS
	if opts.FS == vfs.Default {
		r, err = opts.newRing()
	}
	if err != nil {
		opts.Logger.Debug("the store's log is written by plain system calls", "dir", dir, "why", err)
		return nil
	}
	opts.Logger.Debug("the store's log is written through io_uring", "dir", dir)
	return r
}

func newRing() (ring, error) {
	r, err := logring.New()
	if err != nil {
		return nil, err
	}
	return r, nil
}

// ringedLog gathers what Pebble writes to a log until Pebble syncs it, and then has both done at once. As vfs.File asks of its users,
// calls that write or sync come one at a time. Until then nobody else needs the bytes: they are acknowledged by the sync, and the log is
// read after the next start. Whatever else looks at the file, or orders it, sends them first.
type ringedLog struct {
	vfs.File
	ring     ring
	at       int64  // where what is gathered belongs; a log that is used again begins at 0, too
	gathered []byte // copied: Pebble uses its blocks again
	err      error  // the first; nothing is written after it
}

func (l *ringedLog) Write(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	l.gathered = append(l.gathered, p...)
	if len(l.gathered) < maxGathered {
		return len(p), nil
	}
	if err := l.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (l *ringedLog) SyncData() error { return l.send(l.ring.WriteSync, l.File.SyncData) }

// flush writes what is gathered, without a sync.
func (l *ringedLog) flush() error {
	if len(l.gathered) == 0 {
		return l.err
	}
	return l.send(l.ring.Write, func() error { return nil })
}

// send has the ring write what is gathered, or does so itself, and then syncs, where the kernel refuses.
func (l *ringedLog) send(throughRing func(uintptr, []byte, int64) error, sync func() error) error {
	if l.err != nil {
		return l.err
	}
	l.err = throughRing(l.Fd(), l.gathered, l.at)
	if errors.Is(l.err, logring.ErrRefused) {
		if _, l.err = l.File.WriteAt(l.gathered, l.at); l.err == nil {
			l.err = sync()
		}
	}
	l.at += int64(len(l.gathered))
	l.gathered = l.gathered[:0]
	return l.err
}

func (l *ringedLog) Sync() error {
	if err := l.flush(); err != nil {
		return err
	}
	return l.File.Sync()
}

func (l *ringedLog) SyncTo(length int64) (bool, error) {
	if err := l.flush(); err != nil {
		return false, err
	}
	return l.File.SyncTo(length)
}

func (l *ringedLog) WriteAt(p []byte, at int64) (int, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	return l.File.WriteAt(p, at)
}

func (l *ringedLog) ReadAt(p []byte, at int64) (int, error) {
	if err := l.flush(); err != nil {
		return 0, err
	}
	return l.File.ReadAt(p, at)
}

func (l *ringedLog) Preallocate(offset, length int64) error {
	if err := l.flush(); err != nil {
		return err
	}
	return l.File.Preallocate(offset, length)
}

func (l *ringedLog) Stat() (vfs.FileInfo, error) {
	if err := l.flush(); err != nil {
		return nil, err
	}
	return l.File.Stat()
}

func (l *ringedLog) Close() error { return errors.Join(l.flush(), l.File.Close()) }
