package store

import "sync"

// Bounds of one Commit, where CommitterOptions names none.
const (
	defaultBatchWrites = 4096
	defaultBatchBytes  = 4 << 20
)

// CommitterOptions bound the batches of a Committer.
type CommitterOptions struct {
	MaxWrites int         // most writes in one Commit; default 4,096
	MaxBytes  int         // most bytes in one Commit, but for one write that is larger by itself; default 4 MiB
	Fatal     func(error) // called once when an outcome is unknown, nothing is acknowledged afterwards; default Exit
}

// Committer merges the writes of many CAs into few commits: while one is on its way to the disk, the next ones gather.
type Committer struct {
	store     Store
	maxWrites int
	maxBytes  int
	fatal     func(error)

	mu      sync.Mutex // guards what follows
	wake    *sync.Cond
	waiting *queue
	spare   []*queue
	closed  bool

	finish  chan finished
	stopped sync.WaitGroup
}

// queue is what gathered while a commit ran; its slices are used again and again.
type queue struct {
	writes []Write
	dones  []func(Result)
}

// finished is a part of a queue whose outcome is known.
type finished struct {
	dones   []func(Result)
	results []Result
	empty   *queue // to be used again after this, where it was the queue's last part
}

// NewCommitter starts a committer on a store. Close it before the store.
func NewCommitter(s Store, opts CommitterOptions) *Committer {
	c := &Committer{
		store:     s,
		maxWrites: opts.MaxWrites,
		maxBytes:  opts.MaxBytes,
		fatal:     opts.Fatal,
		waiting:   new(queue),
		finish:    make(chan finished, 1),
	}
	if c.maxWrites <= 0 {
		c.maxWrites = defaultBatchWrites
	}
	if c.maxBytes <= 0 {
		c.maxBytes = defaultBatchBytes
	}
	if c.fatal == nil {
		c.fatal = Exit
	}
	c.wake = sync.NewCond(&c.mu)
	c.stopped.Add(2)
	go c.commitAll()
	go c.finishAll()
	return c
}

// Submit hands a write over and returns at once. done gets the outcome on the committer's finisher goroutine, in the order of
// submission; it must not block, and may Submit. A CA has at most one write in flight. After Close, done is called from Submit with
// ErrClosed; after a fatal error it is never called.
func (c *Committer) Submit(w Write, done func(Result)) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		done(Result{Err: ErrClosed})
		return
	}
	q := c.waiting
	q.writes = append(q.writes, w)
	q.dones = append(q.dones, done)
	first := len(q.writes) == 1
	c.mu.Unlock()
	if first {
		c.wake.Signal()
	}
}

// Close commits what waits, calls what is to be called, and stops. It must not be called from a done.
func (c *Committer) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wake.Signal()
	c.stopped.Wait()
}

func (c *Committer) commitAll() {
	defer c.stopped.Done()
	defer close(c.finish)
	for q := c.take(); q != nil; q = c.take() {
		if err := c.commit(q); err != nil {
			c.fatal(err)
			c.drop()
			return
		}
	}
}

// take waits for writes; nil means closed and drained.
func (c *Committer) take() *queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting.writes) == 0 {
		if c.closed {
			return nil
		}
		c.wake.Wait()
	}
	q := c.waiting
	c.waiting = new(queue)
	if n := len(c.spare); n > 0 {
		c.waiting, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	return q
}

// commit writes a queue in parts within the bounds. Its error is an outcome that nobody knows.
func (c *Committer) commit(q *queue) error {
	writes, dones := q.writes, q.dones // the queue goes to the finisher with its last part
	for from := 0; from < len(writes); {
		to := c.part(writes, from)
		results := c.store.Commit(writes[from:to])
		for i := range results {
			if err := results[i].Err; err != nil && !Known(err) {
				return err
			}
		}
		f := finished{dones: dones[from:to], results: results}
		if to == len(writes) {
			f.empty = q
		}
		c.finish <- f
		from = to
	}
	return nil
}

// part finds the end of the longest part that is within the bounds, at least one write.
func (c *Committer) part(writes []Write, from int) int {
	bytes := 0
	for i := from; i < len(writes); i++ {
		bytes += writes[i].Size()
		if i > from && (bytes > c.maxBytes || i-from == c.maxWrites) {
			return i
		}
	}
	return len(writes)
}

func (c *Committer) finishAll() {
	defer c.stopped.Done()
	for f := range c.finish {
		for i, done := range f.dones {
			done(f.results[i])
		}
		if f.empty != nil {
			c.reuse(f.empty)
		}
	}
}

// reuse keeps a queue's slices, unless a burst has made them large.
func (c *Committer) reuse(q *queue) {
	if cap(q.writes) > 4*c.maxWrites {
		return
	}
	clear(q.writes)
	clear(q.dones)
	q.writes, q.dones = q.writes[:0], q.dones[:0]
	c.mu.Lock()
	c.spare = append(c.spare, q)
	c.mu.Unlock()
}

// drop forgets whatever is submitted from now on: its outcome is not to be told.
func (c *Committer) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed {
		c.waiting = new(queue)
		c.wake.Wait()
	}
}
