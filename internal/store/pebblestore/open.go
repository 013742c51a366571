package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// Options of a store; the zero value is good for a server.
type Options struct {
	FS         vfs.FS       // where files live; default the operating system's
	Logger     *slog.Logger // default slog.Default()
	Fatal      func(error)  // called once when the disk can't be trusted any more; default store.Exit
	CacheBytes int64        // memory for blocks read from disk, taken as it is needed; default 64 MiB
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
	return o
}

// Store is a store.Store in one folder.
type Store struct {
	db      *pebble.DB
	lock    *pebble.Lock
	gate    gate
	durable *durable
	failure *failure

	commitMu sync.Mutex // guards what follows: one commit at a time compares, writes its log record and becomes visible
	heads    *heads
	last     store.Rev // handed out last
	reserved store.Rev // no revision above it has been handed out, by any process
	key, end []byte    // scratch
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
		err = writeMarker(opts.FS, dir, folderBegun)
	case folderReady:
		err = checkManifest(opts.FS, dir)
	}
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock, durable: newDurable(), heads: newHeads(opts.Heads)}
	failed := make(chan struct{})
	s.failure = &failure{fatal: opts.Fatal, stop: func(err error) { s.durable.stop(err); close(failed) }}
	if err := s.openDB(dir, opts, lock, state, failed); err != nil {
		return nil, err
	}
	if state != folderReady {
		if err := writeMarker(opts.FS, dir, folderReady); err != nil {
			return nil, errors.Join(err, s.db.Close())
		}
	}
	s.failure.open.Store(true)
	return s, nil
}

func (s *Store) openDB(dir string, opts Options, lock *pebble.Lock, state folder, failed <-chan struct{}) (err error) {
	p := tuned(opts, &logger{log: opts.Logger, dir: dir, failure: s.failure})
	p.Lock = lock
	if opts.tune != nil {
		opts.tune(p)
	}
	p.ErrorIfNotExists = state == folderReady
	if s.db, err = openUnless(failed, dir, p); errors.Is(err, errGivenUp) {
		return fmt.Errorf("%w: %w", err, s.failure.err())
	}
	if err != nil {
		return damage(err, state)
	}
	err = s.checkFormat(state)
	if err == nil {
		err = s.readSequence()
	}
	if err == nil {
		err = s.failure.err()
	}
	if err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

var errGivenUp = errors.New("opening it was given up")

// patience is how long opening may go on once something has failed in the background.
const patience = time.Second

// openUnless gives up a while after something has failed in the background. Pebble may try that again for ever: on a full disk, to write down what it has found in the log.
// Should it get to an end later, the folder is let go.
func openUnless(failed <-chan struct{}, dir string, p *pebble.Options) (*pebble.DB, error) {
	type opened struct {
		db  *pebble.DB
		err error
	}
	done := make(chan opened, 1)
	go func() {
		db, err := openPebble(dir, p)
		done <- opened{db, err}
	}()
	select {
	case o := <-done:
		return o.db, o.err
	case <-failed:
	}
	select {
	case o := <-done:
		return o.db, o.err
	case <-time.After(patience):
	}
	go func() {
		o := <-done
		if o.err == nil {
			_ = closePebble(o.db)
		}
		_ = p.Lock.Close()
	}()
	return nil, errGivenUp
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

// checkFormat compares the version inside, which a copied folder bears even without its marker, or writes it to a new store.
func (s *Store) checkFormat(state folder) error {
	value, err := s.value(formatKey)
	if err != nil {
		return err
	}
	if value == nil && state != folderReady {
		return s.db.Set(formatKey, formatValue(version), pebble.Sync)
	}
	if value == nil {
		return fmt.Errorf("%w: the format's key is missing", ErrCorrupt)
	}
	return parseFormat(value)
}

func formatValue(v uint32) []byte { return binary.BigEndian.AppendUint32([]byte("wab"), v) }

func parseFormat(value []byte) error {
	number, ok := bytes.CutPrefix(value, []byte("wab"))
	if !ok || len(number) != 4 {
		return ErrForeign
	}
	if v := binary.BigEndian.Uint32(number); v > version {
		return fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, v, version)
	}
	return nil
}

// readSequence goes on with revisions above all that earlier processes may have handed out.
func (s *Store) readSequence() error {
	value, err := s.value(sequenceKey)
	if err != nil || value == nil {
		return err
	}
	if len(value) != 8 {
		return fmt.Errorf("%w: the sequence of revisions", ErrCorrupt)
	}
	s.last = store.Rev(binary.BigEndian.Uint64(value))
	s.reserved = s.last
	s.durable.begin(s.last)
	return nil
}

// Close waits for calls under way and closes the folder. After a failure it leaves Pebble alone, and returns what had failed.
func (s *Store) Close() error {
	if !s.gate.close() {
		return nil
	}
	if err := s.failure.err(); err != nil {
		return err
	}
	return errors.Join(s.db.Close(), s.lock.Close())
}
