package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"github.com/wabgo/wab/internal/store"
)

// Options of a store; the zero value is good for a server.
type Options struct {
	FS         vfs.FS       // where files live; default the operating system's
	Logger     *slog.Logger // default slog.Default()
	Fatal      func(error)  // called once when the disk can't be trusted any more; default store.Exit
	CacheBytes int64        // memory for blocks read from disk, taken as it is needed; default 64 MiB
	Memtable   int          // bytes that commits take in memory, or in the log, until they are written to tables; there may be two such; default 32 MiB, at most 1 GiB
	Heads      int          // how many of the latest heads are remembered at least, about 200 bytes each; default 65,536

	tune func(*pebble.Options) // for tests
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Fatal == nil {
		o.Fatal = store.Exit
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = defaultCache
	}
	if o.Heads <= 0 {
		o.Heads = defaultHeads
	}
	if o.Memtable <= 0 {
		o.Memtable = defaultMemtable
	}
	o.Memtable = min(o.Memtable, maxMemtable)
	return o
}

// Store is a store.Store in one folder.
type Store struct {
	dir     string
	fs      vfs.FS // guarded
	db      *pebble.DB
	lock    *pebble.Lock
	limit   int // of a memtable and of its file of the log, in bytes
	gate    gate
	failure *failure
	tables  tables

	commitMu sync.Mutex // guards what follows: one commit at a time compares, writes its log record and becomes visible
	heads    *heads
	log      *writeAheadLog
	last     store.Rev     // handed out last
	flushing chan struct{} // closed when the last checkpoint is in tables; nil if there was none
	record   []byte        // of the commit under way
	staged   []commit
}

// Open opens the store in a folder, and makes it where there is none. Its errors are one line each, tell what to do, and leave the
// folder as it was: ErrLocked, ErrNewer, ErrForeign, ErrReadOnly, ErrFull, ErrCorrupt, or what the system said.
func Open(dir string, opts Options) (*Store, error) {
	s, err := open(dir, opts.withDefaults())
	if err != nil {
		return nil, openError(dir, err)
	}
	return s, nil
}

func open(dir string, opts Options) (*Store, error) {
	if _, err := inspect(opts.FS, dir); err != nil {
		return nil, err
	}
	if err := makeDir(opts.FS, dir); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(dir, opts.FS)
	if err != nil {
		return nil, lockError(err)
	}
	s, err := openLocked(dir, opts, lock)
	if errors.Is(err, errGivenUp) {
		return nil, err // and Pebble keeps the lock
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

func openLocked(dir string, opts Options, lock *pebble.Lock) (*Store, error) {
	state, err := inspect(opts.FS, dir) // again: until now another process may have been making it
	if err != nil {
		return nil, err
	}
	switch state {
	case folderMissing:
		err = writeMarker(opts.FS, dir, folderBegun, 0)
	case folderReady:
		err = checkManifest(opts.FS, dir)
	}
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, heads: newHeads(opts.Heads), tables: tables{active: newMemtable()}}
	s.failure = &failure{fatal: opts.Fatal, known: make(chan struct{})}
	if err := s.openDB(dir, opts, lock, state); err != nil {
		return nil, err
	}
	if err := s.markLog(s.log.number); err != nil {
		return nil, s.abandon(err)
	}
	s.failure.open.Store(true)
	return s, nil
}

func (s *Store) openDB(dir string, opts Options, lock *pebble.Lock, state folder) (err error) {
	p := tuned(opts, &logger{log: opts.Logger, dir: dir, failure: s.failure})
	p.Lock = lock
	if opts.tune != nil {
		opts.tune(p)
	}
	s.fs = p.FS
	p.ErrorIfNotExists = state == folderReady
	s.limit = opts.Memtable
	if s.db, err = s.openUnless(dir, p); errors.Is(err, errGivenUp) {
		return err
	}
	if err != nil {
		return damage(err, state)
	}
	err = s.checkFormat(state)
	if err == nil {
		err = s.openLog(p)
	}
	if err == nil {
		err = s.failure.err()
	}
	if err != nil {
		return s.abandon(err)
	}
	return nil
}

// openUnless gives up a while after something has failed in the background. Pebble keeps the folder as long as the process lives then.
func (s *Store) openUnless(dir string, p *pebble.Options) (db *pebble.DB, err error) {
	opened := make(chan *pebble.DB, 1)
	err = s.failure.outcome(func() error {
		db, err := openPebble(dir, p)
		opened <- db
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-opened, nil
}

// openPebble makes errors of Pebble's panics too.
func openPebble(dir string, p *pebble.Options) (db *pebble.DB, err error) {
	defer caught(&err)
	return pebble.Open(dir, p)
}

func closePebble(db *pebble.DB) (err error) {
	defer caught(&err)
	return db.Close()
}

func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("panic: %v", r)
	}
}

// damage marks an error of a complete store that the system has no part in.
func damage(err error, state folder) error {
	if errno := syscall.Errno(0); state != folderReady || errors.As(err, &errno) || classify(err) != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// checkFormat compares the version inside, which a copied folder bears even without its marker, or writes it to a store that is new or of an older version.
func (s *Store) checkFormat(state folder) error {
	value, err := s.value(formatKey)
	if err != nil {
		return err
	}
	if value == nil && state == folderReady {
		return fmt.Errorf("%w: the format's key is missing", ErrCorrupt)
	}
	if value == nil {
		return s.writeFormat()
	}
	v, err := parseFormat(value)
	if v == version || err != nil {
		return err
	}
	if err := s.markLog(0); err != nil { // first: an older wab would miss what is only in the log
		return err
	}
	return s.writeFormat()
}

// markLog notes which file of the log is the newest, in the marker of a store that is complete.
func (s *Store) markLog(newest wal.NumWAL) error {
	return writeMarker(s.fs, s.dir, folderReady, newest)
}

func (s *Store) writeFormat() error {
	batch := s.db.NewBatch()
	if err := batch.Set(formatKey, formatValue(version), nil); err != nil {
		return err
	}
	return s.settle(batch)
}

func formatValue(v uint32) []byte { return binary.BigEndian.AppendUint32([]byte("wab"), v) }

func parseFormat(value []byte) (uint32, error) {
	number, ok := bytes.CutPrefix(value, []byte("wab"))
	if !ok || len(number) != 4 {
		return 0, ErrForeign
	}
	v := binary.BigEndian.Uint32(number)
	if v > version {
		return v, fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, v, version)
	}
	return v, nil
}

// Close waits for calls under way, writes what is only in the log to tables, and closes the folder. If something had failed before, it leaves Pebble alone, and returns what that was.
func (s *Store) Close() error {
	if !s.gate.close() {
		return nil
	}
	if err := s.flushed(); err != nil {
		return err
	}
	err := s.drain()
	if errors.Is(err, errGivenUp) {
		return err
	}
	return errors.Join(err, s.release(), s.lock.Close())
}

// abandon releases what an Open that failed has opened, unless Pebble is still at work on it.
func (s *Store) abandon(why error) error {
	if errors.Is(why, errGivenUp) {
		return why
	}
	return errors.Join(why, s.failure.outcome(s.release))
}

// release ends what runs in the background, and closes all files.
func (s *Store) release() (err error) {
	if s.log != nil {
		err = s.log.manager.Close()
	}
	return errors.Join(err, closePebble(s.db))
}
