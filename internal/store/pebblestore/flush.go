package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/wal"

	"github.com/wabgo/wab/internal/store"
)

// A checkpoint is a memtable on its way into Pebble.
type checkpoint struct {
	table *memtable
	last  store.Rev  // the newest revision that was handed out before it was frozen
	log   wal.NumWAL // the log's files before this one hold nothing else
	done  chan struct{}
}

// makeRoom begins a new memtable and a new file of the log, where one of them is full. It waits for the memtable before, if that is still being written.
func (s *Store) makeRoom() error {
	if s.tables.active.size < s.limit && s.log.size < int64(s.limit) {
		return s.failure.err()
	}
	if err := s.flushed(); err != nil {
		return err
	}
	err := s.log.rotate()
	if err == nil {
		err = s.markLog(s.log.number) // before anything is in it
	}
	if err != nil {
		return s.failure.set(err)
	}
	c := s.freeze()
	s.flushing = c.done
	go s.flush(c)
	return nil
}

func (s *Store) freeze() *checkpoint {
	return &checkpoint{table: s.tables.freeze(), last: s.last, log: s.log.number, done: make(chan struct{})}
}

// drain writes what is only in the log to tables, and ends the log. Nothing is under way any more.
func (s *Store) drain() error {
	err := s.log.end()
	s.log.number++
	if err == nil && s.tables.active.size == 0 {
		if err = s.markLog(0); err == nil {
			err = s.log.forget(s.log.number, false)
		}
	} else if err == nil {
		err = s.finish(s.freeze())
	}
	if err != nil {
		_ = s.failure.set(err)
	}
	return err
}

// flushed waits until no memtable is on its way.
func (s *Store) flushed() error {
	if s.flushing != nil {
		select {
		case <-s.flushing:
		case <-s.failure.known: // Pebble may hold it up for ever
		}
	}
	return s.failure.err()
}

// flush finishes a checkpoint while commits go on. An error is final for the store.
func (s *Store) flush(c *checkpoint) {
	if err := s.finish(c); err != nil {
		_ = s.failure.set(err)
	}
	close(c.done)
}

// finish writes a checkpoint's memtable to Pebble, and forgets what held it so far.
func (s *Store) finish(c *checkpoint) error {
	if err := s.write(c); err != nil {
		return err
	}
	s.tables.drop()
	return s.log.forget(c.log, true)
}

// write makes what a checkpoint holds tables of Pebble's: all of it, or nothing.
func (s *Store) write(c *checkpoint) error {
	batch := s.db.NewBatchWithSize(c.table.size)
	for key := range within(c.table.heads, nil, nil) {
		name := string(key[1 : len(key)-1])
		if err := writeCA(batch, name, c.table.cas[name]); err != nil {
			return err
		}
	}
	for key, e := range within(c.table.due, nil, nil) {
		if err := writeDue(batch, key, e); err != nil {
			return err
		}
	}
	err := errors.Join(
		batch.Set(sequenceKey, appendNumber(nil, uint64(c.last)), nil),
		batch.Set(logKey, appendNumber(nil, uint64(c.log)), nil),
	)
	if err != nil {
		return err
	}
	return s.settle(batch)
}

// settle applies a batch and returns once it is in tables.
func (s *Store) settle(batch *pebble.Batch) error {
	var flushed <-chan struct{}
	err := s.failure.outcome(func() (err error) { // Pebble may hold up both
		defer caught(&err)
		if err = s.db.Apply(batch, pebble.NoSync); err == nil {
			flushed, err = s.db.AsyncFlush()
		}
		return err
	})
	if err != nil {
		return err
	}
	select {
	case <-flushed:
		return batch.Close()
	case <-s.failure.known: // it would be tried again for ever
		return s.failure.err()
	}
}

func writeCA(batch *pebble.Batch, name string, c *change) error {
	side := appendSide(nil, name, nil)
	skip := len(side)
	var err error
	switch c.below.extent {
	case hidesAll:
		err = batch.DeleteRange(appendCA(nil, name, endHead), appendCA(nil, name, endCA), nil)
	case hidesMost:
		kept := append(side, c.below.keep...)
		err = errors.Join(batch.DeleteRange(side, kept, nil), batch.DeleteRange(after(kept), appendCA(nil, name, endCA), nil))
	}
	for key, e := range within(c.sides, nil, nil) {
		side = append(side[:skip], key...)
		if err == nil && e.gone {
			err = batch.Delete(side, nil)
		} else if err == nil {
			err = batch.Set(side, e.value, nil)
		}
	}
	if c.head.rev == 0 || err != nil {
		return err
	}
	return batch.Set(appendCA(nil, name, endHead), appendHead(nil, c.head), nil)
}

// writeDue sets or removes an entry of the due index. Each is set once and removed once, which is what SingleDelete asks for: both vanish when they meet, and the index stays as short as
// what is due.
func writeDue(batch *pebble.Batch, key []byte, e *entry) error {
	if e.gone {
		return batch.SingleDelete(key, nil)
	}
	return batch.Set(key, nil, nil)
}
