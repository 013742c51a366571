package pebblestore

import (
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/store"
)

// durable knows up to which revision commits are on the disk. Revisions are handed out in the order of the log, so one number tells.
// Pebble shows a commit before its sync; a reader that has seen one waits here.
type durable struct {
	applied atomic.Uint64 // the newest revision that readers may have seen
	synced  atomic.Uint64 // the newest revision on the disk

	mu    sync.Mutex // guards moves of synced, and err
	moved sync.Cond
	err   error // no commit becomes durable any more
}

func newDurable() *durable {
	d := new(durable)
	d.moved.L = &d.mu
	return d
}

// begin is called by Open: everything that it found is on the disk.
func (d *durable) begin(rev store.Rev) {
	d.applied.Store(uint64(rev))
	d.synced.Store(uint64(rev))
}

// advance records that everything up to rev is on the disk.
func (d *durable) advance(rev store.Rev) {
	d.mu.Lock()
	if uint64(rev) > d.synced.Load() {
		d.synced.Store(uint64(rev))
	}
	d.mu.Unlock()
	d.moved.Broadcast()
}

// stop ends all waits with an error.
func (d *durable) stop(err error) {
	d.mu.Lock()
	d.err = err
	d.mu.Unlock()
	d.moved.Broadcast()
}

// settled tells whether all that readers may have seen is on the disk.
func (d *durable) settled() bool { return d.applied.Load() <= d.synced.Load() }

// wait returns once a revision that a reader has seen is on the disk. Rev 0, no CA, may be the sight of a Destroy: whatever has been
// applied by now is waited for.
func (d *durable) wait(rev store.Rev) error {
	if rev == 0 {
		rev = store.Rev(d.applied.Load())
	}
	if uint64(rev) <= d.synced.Load() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for uint64(rev) > d.synced.Load() && d.err == nil {
		d.moved.Wait()
	}
	return d.err
}
