package pebblestore

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/wabgo/wab/internal/store"
)

// openLog brings what is only in the log to tables, and begins a new one.
func (s *Store) openLog(p *pebble.Options) error {
	last, err := s.number(sequenceKey)
	if err != nil {
		return err
	}
	s.last = store.Rev(last)
	oldest, err := s.number(logKey)
	if err != nil {
		return err
	}
	folder := wal.Dir{FS: s.fs, Dirname: s.fs.PathJoin(s.dir, logFolder)}
	if err := makeFolder(s.fs, folder.Dirname, s.dir); err != nil {
		return err
	}
	found, err := wal.Scan(folder)
	if err != nil {
		return err
	}
	if err := s.missNewest(found, wal.NumWAL(oldest)); err != nil {
		return err
	}
	next, err := s.replay(found, wal.NumWAL(oldest))
	if err != nil {
		return err
	}
	s.log, err = beginLog(s.logOptions(p, folder), found, next)
	return err
}

func (s *Store) number(key []byte) (uint64, error) {
	value, err := s.value(key)
	if err != nil {
		return 0, err
	}
	return parseNumber(value)
}

// makeFolder makes a folder in a parent, unless it is there, and makes it survive a power cut, also if the process that made it did not get that far.
func makeFolder(fsys vfs.FS, dir, parent string) error {
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(fsys, parent)
}

// missNewest reports that the newest file of the log is gone; where one before it is, revisions are missing.
func (s *Store) missNewest(found wal.Logs, oldest wal.NumWAL) error {
	newest, err := newestLog(s.fs, s.dir)
	if _, there := found.Get(newest); err == nil && newest >= max(oldest, 1) && !there {
		err = fmt.Errorf("%w: log %s is missing", ErrCorrupt, newest)
	}
	return err
}

// replay brings what the logs hold to tables. Those before the oldest are there already. It returns the number for the next log.
func (s *Store) replay(found wal.Logs, oldest wal.NumWAL) (next wal.NumWAL, err error) {
	first := max(oldest, 1)
	next = first
	for i, l := range found {
		if l.Num >= oldest {
			if err := replayLog(l, i == len(found)-1, s.redo); err != nil {
				return 0, err
			}
			next = l.Num + 1
		}
	}
	if next == first {
		return next, nil
	}
	// Also where they hold nothing: the last one may end torn, which is damage once there is another one behind it.
	err = s.write(&checkpoint{table: s.tables.active, last: s.last, log: next})
	s.tables.active = newMemtable()
	return next, err
}

// redo applies what a record of the log says. Each commit has taken one revision: where some are missing, so are records, or a file.
func (s *Store) redo(record []byte) error {
	last := s.last
	newest, err := readRecord(record, func(w *store.Write, after head) error {
		last++
		h, err := s.head(w.CA)
		if err != nil {
			return err
		}
		s.tables.active.apply(commit{w, *h, after})
		*h = after
		return nil
	})
	if err == nil && newest != last {
		err = fmt.Errorf("%w: %d follows %d", errGap, newest, s.last)
	}
	s.last = last
	return err
}

func (s *Store) logOptions(p *pebble.Options, folder wal.Dir) wal.Options {
	return wal.Options{
		Primary:              folder,
		MaxNumRecyclableLogs: 2,
		PreallocateSize:      func() int { return s.limit / 4 },
		Logger:               p.Logger,
		EventListener:        ignored{},
		WriteWALSyncOffsets:  func() bool { return true },                         // tells damage from a torn end
		FsyncLatency:         prometheus.NewHistogram(prometheus.HistogramOpts{}), // without it, no offsets are written
	}
}
