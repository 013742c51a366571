package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/wal"
)

// logFolder is where the log's files are, in the store's folder. They are numbered; a number is used once.
const logFolder = "log"

// writeAheadLog is what commits are durable by. Pebble's own is off: it would hold the same again.
type writeAheadLog struct {
	manager wal.Manager
	writer  wal.Writer
	number  wal.NumWAL
	size    int64 // of the file that is written, in bytes
}

// replayLog calls do for each record of a log. The last log may end in the middle of a record, where a crash has cut it; an earlier one was closed.
func replayLog(l wal.LogicalLog, last bool, do func(record []byte) error) error {
	r := l.OpenForRead()
	defer r.Close()
	var buf bytes.Buffer
	for {
		part, at, err := r.NextRecord()
		if err == nil {
			buf.Reset()
			_, err = io.Copy(&buf, part)
		}
		if err == io.EOF {
			return nil
		}
		if last && errors.Is(err, record.ErrUnexpectedEOF) {
			if torn, failed := tornAt(l, at); torn || failed != nil {
				return failed
			}
		}
		if err != nil {
			return fmt.Errorf("log %s: %w", l.Num, damagedLog(err))
		}
		if err := do(buf.Bytes()); err != nil {
			return fmt.Errorf("log %s: %w", l.Num, err)
		}
	}
}

func damagedLog(err error) error {
	if pebble.IsCorruptionError(err) || errors.Is(err, record.ErrInvalidChunk) || errors.Is(err, record.ErrZeroedChunk) || errors.Is(err, record.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// beginLog begins a new file behind those found, which are of no use any more.
func beginLog(opts wal.Options, found wal.Logs, number wal.NumWAL) (*writeAheadLog, error) {
	manager, err := wal.Init(opts, found)
	if err != nil {
		return nil, err
	}
	l := &writeAheadLog{manager: manager}
	err = l.begin(number)
	if err == nil {
		err = l.forget(number, true)
	}
	if err != nil {
		return nil, errors.Join(err, manager.Close())
	}
	return l, nil
}

// write makes a record durable.
func (l *writeAheadLog) write(record []byte) error {
	var done sync.WaitGroup
	var synced error
	done.Add(1)
	size, err := l.writer.WriteRecord(record, wal.SyncOptions{Done: &done, Err: &synced}, nil)
	if err != nil {
		return err
	}
	done.Wait()
	l.size = size
	return synced
}

// rotate ends the file that is written and begins the next one.
func (l *writeAheadLog) rotate() error {
	if err := l.end(); err != nil {
		return err
	}
	return l.begin(l.number + 1)
}

func (l *writeAheadLog) begin(number wal.NumWAL) (err error) {
	l.number, l.size = number, 0
	l.writer, err = l.manager.Create(number, 0)
	return err
}

func (l *writeAheadLog) end() error {
	_, err := l.writer.Close()
	l.writer = nil
	return err
}

// forget removes the files before a number. Some may be kept to be written again: a file that has its length is synced faster.
func (l *writeAheadLog) forget(before wal.NumWAL, keep bool) error {
	files, err := l.manager.Obsolete(before, !keep)
	for _, f := range files {
		err = errors.Join(err, f.FS.Remove(f.Path))
	}
	return err
}

// ignored is for events that nobody asks for.
type ignored struct{}

func (ignored) LogCreated(wal.CreateInfo) {}
