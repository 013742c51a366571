package pebblestore

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/wabgo/wab/internal/store"
)

// reserve is how many revisions are set aside at a time. What a crash leaves unused is skipped: 2^64 last.
const reserve = 1 << 32

// Commit makes writes durable together, with one sync where they are not larger than a batch. Its callers share syncs.
func (s *Store) Commit(writes []store.Write) []store.Result {
	results := make([]store.Result, len(writes))
	if err := s.gate.enter(); err != nil {
		return refuseAll(results, err)
	}
	defer s.gate.leave()
	for order := byCA(writes); len(order) > 0; {
		n, err := s.commitSome(writes, results, order)
		if err != nil {
			for _, i := range order {
				results[i] = store.Result{Err: err}
			}
			break
		}
		order = order[n:]
	}
	return results
}

// byCA is the order in which writes are staged. The memtable looks for the place of each key; what it touches on the way to neighbours is in the processor's caches.
func byCA(writes []store.Write) []int {
	order := make([]int, len(writes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(writes[a].CA, writes[b].CA) })
	return order
}

func refuseAll(results []store.Result, err error) []store.Result {
	for i := range results {
		results[i] = store.Result{Err: err}
	}
	return results
}

// commitSome commits as many writes as fit into one batch, in the given order, and tells how many those are. An error is final for the store.
func (s *Store) commitSome(writes []store.Write, results []store.Result, order []int) (n int, err error) {
	defer s.failOnPanic(&err)
	batch, rev, n, err := s.apply(writes, results, order)
	if err != nil {
		return n, s.failure.set(err)
	}
	if rev == 0 { // a batch that was applied may look empty: Pebble keeps the contents of large ones
		return n, batch.Close()
	}
	if err := batch.SyncWait(); err != nil {
		return n, s.failure.set(err)
	}
	if err := s.failure.err(); err != nil { // Pebble reports some errors to its logger only
		return n, err
	}
	s.durable.advance(rev)
	return n, batch.Close()
}

// failOnPanic treats a panic as a failure: Pebble panics where it can't write its log.
func (s *Store) failOnPanic(err *error) {
	if r := recover(); r != nil {
		*err = s.failure.set(fmt.Errorf("panic: %v", r))
	}
}

// apply stages writes and makes them visible, in the order of the log. They are durable up to rev once the batch's SyncWait returns;
// rev is 0 where all were refused.
func (s *Store) apply(writes []store.Write, results []store.Result, order []int) (batch *pebble.Batch, rev store.Rev, n int, err error) {
	s.commitMu.Lock()
	defer s.commitMu.Unlock()
	if err := s.failure.err(); err != nil {
		return nil, 0, 0, err
	}
	batch = s.db.NewBatch()
	for ; n < len(order) && batch.Len() < maxBatch; n++ {
		i := order[n]
		if results[i], err = s.stage(batch, &writes[i]); err != nil {
			return batch, 0, n, err
		}
	}
	if batch.Empty() {
		return batch, 0, n, nil
	}
	if err := s.reserve(batch); err != nil {
		return batch, 0, n, err
	}
	s.durable.applied.Store(uint64(s.last)) // before any reader can see it
	return batch, s.last, n, s.db.ApplyNoSyncWait(batch, pebble.Sync)
}

// reserve writes down how far revisions may go, with the first commit that goes further than before.
func (s *Store) reserve(batch *pebble.Batch) error {
	if s.last <= s.reserved {
		return nil
	}
	s.reserved = s.last + reserve
	return batch.Set(sequenceKey, binary.BigEndian.AppendUint64(nil, uint64(s.reserved)), nil)
}

// stage adds a write to the batch, or refuses it. The head in memory changes at once: if the batch fails, so does the store.
func (s *Store) stage(batch *pebble.Batch, w *store.Write) (store.Result, error) {
	if err := w.Check(); err != nil {
		return store.Result{Err: err}, nil
	}
	h, err := s.head(w.CA)
	if err != nil {
		return store.Result{}, err
	}
	if h.rev != w.Expect {
		return store.Result{Err: store.ErrConflict}, nil
	}
	if w.Destroy && len(w.Keep) == 0 {
		return store.Result{}, s.stageDestroy(batch, w.CA, h)
	}
	if w.Destroy {
		if err := s.stageClear(batch, w.CA, w.Keep); err != nil {
			return store.Result{}, err
		}
	}
	return s.stageChange(batch, w, h)
}

func (s *Store) stageDestroy(batch *pebble.Batch, ca string, h *head) error {
	if h.rev == 0 {
		return nil
	}
	if err := s.stageDue(batch, ca, h.due, 0); err != nil {
		return err
	}
	s.last++
	*h = head{}
	s.key = appendCA(s.key[:0], ca, endHead)
	s.end = appendCA(s.end[:0], ca, endCA)
	return batch.DeleteRange(s.key, s.end, nil)
}

// stageClear removes all side keys but those under a prefix.
func (s *Store) stageClear(batch *pebble.Batch, ca string, keep []byte) error {
	s.key = appendSide(s.key[:0], ca, nil)
	s.end = appendSide(s.end[:0], ca, keep)
	if err := batch.DeleteRange(s.key, s.end, nil); err != nil {
		return err
	}
	s.key = appendCA(s.key[:0], ca, endCA)
	return batch.DeleteRange(after(s.end), s.key, nil)
}

func (s *Store) stageChange(batch *pebble.Batch, w *store.Write, h *head) (store.Result, error) {
	for _, key := range w.Deletes {
		s.key = appendSide(s.key[:0], w.CA, key)
		if err := batch.Delete(s.key, nil); err != nil {
			return store.Result{}, err
		}
	}
	for i := range w.Puts {
		s.key = appendSide(s.key[:0], w.CA, w.Puts[i].Key)
		if err := batch.Set(s.key, w.Puts[i].Value, nil); err != nil {
			return store.Result{}, err
		}
	}
	if err := s.stageDue(batch, w.CA, h.due, w.Due); err != nil {
		return store.Result{}, err
	}
	s.last++
	*h = head{rev: s.last, due: w.Due}
	s.key = appendCA(s.key[:0], w.CA, endHead)
	s.end = appendHead(s.end[:0], *h)
	return store.Result{Rev: h.rev}, batch.Set(s.key, s.end, nil)
}

// stageDue moves a CA's entry in the due index. An entry is set once and removed once, which is what SingleDelete asks for: set and
// removal meet already when the memtable is flushed, and the index stays as short as what is due.
func (s *Store) stageDue(batch *pebble.Batch, ca string, before, now int64) error {
	if before == now {
		return nil
	}
	if before != 0 {
		s.key = appendDue(s.key[:0], before, ca)
		if err := batch.SingleDelete(s.key, nil); err != nil {
			return err
		}
	}
	if now == 0 {
		return nil
	}
	s.key = appendDue(s.key[:0], now, ca)
	return batch.Set(s.key, nil, nil)
}

// head is the one that the next write must expect, from memory or from Pebble.
func (s *Store) head(ca string) (*head, error) {
	if h := s.heads.get(ca); h != nil {
		return h, nil
	}
	s.key = appendCA(s.key[:0], ca, endHead)
	value, closer, err := s.db.Get(s.key)
	if err == pebble.ErrNotFound {
		return s.heads.put(ca, head{}), nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	h, err := parseHead(value)
	if err != nil {
		return nil, err
	}
	return s.heads.put(ca, h), nil
}
