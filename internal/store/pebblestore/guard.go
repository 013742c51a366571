package pebblestore

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardedFS ends the process at the first error of a log. Pebble's log writer would go on, or panic. And once something has failed, nothing is written any more: Pebble tries again in the background, and what it
// did not know to be written the first time would be there twice.
type guardedFS struct {
	vfs.FS
	*failure
	pace *pace // of the operating system's disk, nil for others
}

func guarded(fsys vfs.FS, f *failure) *guardedFS {
	g := &guardedFS{FS: fsys, failure: f}
	if fsys == vfs.Default {
		g.pace = newPace()
	}
	return g
}

func (g *guardedFS) Unwrap() vfs.FS { return g.FS }

func (g *guardedFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := g.err(); err != nil {
		return nil, err
	}
	f, err := g.FS.Create(name, category)
	return g.guard(name, f, err)
}

func (g *guardedFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := g.err(); err != nil {
		return nil, err
	}
	f, err := g.FS.ReuseForWrite(oldname, newname, category)
	return g.guard(newname, f, err)
}

func (g *guardedFS) guard(name string, f vfs.File, err error) (vfs.File, error) {
	if !strings.HasSuffix(name, ".log") {
		if err != nil {
			return nil, err
		}
		return &guardedFile{f, g.failure}, nil
	}
	l := &guardedLog{f, name, g.failure, g.pace}
	if err := l.check(err); err != nil {
		return nil, err
	}
	return l, nil
}

// guardedFile is written as long as nothing has failed.
type guardedFile struct {
	vfs.File
	*failure
}

func (f *guardedFile) Write(p []byte) (int, error) {
	if err := f.err(); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *guardedFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.err(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}

// guardedLog reports what goes wrong with a log file.
type guardedLog struct {
	vfs.File
	name string
	*failure
	pace *pace
}

func (l *guardedLog) check(err error) error {
	if err != nil {
		_ = l.set(fmt.Errorf("log %s: %w", l.name, err))
	}
	return err
}

func (l *guardedLog) Write(p []byte) (int, error) {
	if err := l.err(); err != nil {
		return 0, err
	}
	n, err := l.File.Write(p)
	return n, l.check(err)
}

func (l *guardedLog) WriteAt(p []byte, at int64) (int, error) {
	if err := l.err(); err != nil {
		return 0, err
	}
	n, err := l.File.WriteAt(p, at)
	return n, l.check(err)
}

func (l *guardedLog) Sync() error  { return l.check(l.File.Sync()) }
func (l *guardedLog) Close() error { return l.check(l.File.Close()) }

func (l *guardedLog) SyncData() error {
	if l.pace == nil {
		return l.check(l.File.SyncData())
	}
	return l.check(l.pace.sync(l.File))
}

func (l *guardedLog) SyncTo(length int64) (bool, error) {
	full, err := l.File.SyncTo(length)
	return full, l.check(err)
}
