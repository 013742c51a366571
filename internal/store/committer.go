package store

import "sync"

// Bounds of one Commit, where CommitterOptions names none.
const (
	defaultBatchWrites = 4096
	defaultBatchBytes  = 4 << 20
)

// CommitterOptions bound the batches of a Committer.
type CommitterOptions struct {
	MaxWrites int         // most writes in one Commit, half of it of one owner; default 4,096
	MaxBytes  int         // most bytes in one Commit, a quarter of it of one owner, but for one write that is larger by itself; default 4 MiB
	Fatal     func(error) // called once when an outcome is unknown, nothing is acknowledged afterwards; default Exit
}

// Committer merges the writes of many CAs into few commits: while one is on its way to the disk, the next ones gather.
type Committer struct {
	store     Store
	maxWrites int
	maxBytes  int
	share     share
	fatal     func(error)
	backlog   backlog // what others' shares have left for later; the commit goroutine's own

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

// finished is a queue whose outcome is known.
type finished struct {
	*queue
	results []Result
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
	c.share = share{writes: max(1, c.maxWrites/2), bytes: c.maxBytes / 4}
	c.wake = sync.NewCond(&c.mu)
	c.stopped.Add(2)
	go c.commitAll()
	go c.finishAll()
	return c
}

// Submit hands a write over and returns at once. done gets the outcome on the committer's finisher goroutine, in the order of
// submission among the writes of an owner; it must not block, and may Submit. A CA has at most one write in flight. After Close, done is called from Submit with
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

// take waits for writes and returns those of the next commit; nil means closed and drained.
func (c *Committer) take() *queue {
	q := c.gathered()
	if q == nil || c.backlog.empty() && !c.share.crowded(q.writes) {
		return q
	}
	c.backlog.add(q)
	q.empty()
	c.backlog.pick(q, c.share, c.maxWrites, c.maxBytes)
	return q
}

// gathered is what was submitted since the last time. It waits for writes only if there is no backlog.
func (c *Committer) gathered() *queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting.writes) == 0 && c.backlog.empty() {
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

// commit writes a queue. Its error is an outcome that nobody knows.
func (c *Committer) commit(q *queue) error {
	results := c.store.Commit(q.writes)
	for i := range results {
		if err := results[i].Err; err != nil && !Known(err) {
			return err
		}
	}
	c.finish <- finished{q, results}
	return nil
}

func (c *Committer) finishAll() {
	defer c.stopped.Done()
	for f := range c.finish {
		for i, done := range f.dones {
			done(f.results[i])
		}
		c.reuse(f.queue)
	}
}

// reuse keeps a queue's slices, unless a burst has made them large.
func (c *Committer) reuse(q *queue) {
	if cap(q.writes) > 4*c.maxWrites {
		return
	}
	q.empty()
	c.mu.Lock()
	c.spare = append(c.spare, q)
	c.mu.Unlock()
}

func (q *queue) empty() {
	clear(q.writes)
	clear(q.dones)
	q.writes, q.dones = q.writes[:0], q.dones[:0]
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
