package actor

import (
	"errors"
	"log/slog"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// openCommit is the commit that the next message joins. Call with mu held.
func (c *CA) openCommit() *Commit {
	if c.pending == nil {
		c.pending = newCommit()
	}
	return c.pending
}

// flush sends the pending commit on its way unless another one is under way, whose end will. One that changes nothing is done at once:
// all before it is durable.
func (c *CA) flush() {
	for {
		c.mu.Lock()
		if c.inflight != nil || c.pending == nil || c.gone {
			c.mu.Unlock()
			return
		}
		commit := c.launch()
		rev := c.rev
		c.mu.Unlock()
		if commit.writes() {
			c.submit(commit, rev)
			return
		}
		commit.release()
		if c.settled(commit) {
			commit.free()
		}
	}
}

// launch makes the pending commit the one in flight. Call with mu held.
func (c *CA) launch() *Commit {
	c.inflight, c.pending = c.pending, nil
	return c.inflight
}

func (c *CA) submit(commit *Commit, rev store.Rev) {
	c.rt.committer.Submit(commit.write(c.key, rev), c.finish)
}

// finish lets the effects of the commit in flight out, and launches what has joined meanwhile. It runs on the committer's finisher goroutine.
func (c *CA) finish(r store.Result) {
	if r.Err != nil {
		c.refused(r.Err)
		return
	}
	c.mu.Lock()
	done := c.inflight
	c.rev = r.Rev
	if done.left && done.due <= c.rt.wakes.until.Load() { // the index may have been read before this was in it
		c.wakeLocked(done.due)
	}
	// The next write does not wait for the effects of the last one. A commit without writes ends on another goroutine than one with:
	// there the order of effects needs the wait.
	var next *Commit
	if !done.destroy && c.pending != nil && c.pending.writes() {
		next = c.launch()
	}
	c.mu.Unlock()
	if next != nil {
		c.submit(next, r.Rev)
	}
	done.release()
	c.settled(done)
	done.free() // the finisher ends before Close looks at what is left
	c.flush()
}

// settled makes room after a commit: what waited for it goes on. It tells whether the commit was still the one in flight: after Close it may be lost meanwhile, on
// another goroutine.
func (c *CA) settled(done *Commit) (inflight bool) {
	c.mu.Lock()
	if inflight = c.inflight == done; inflight {
		c.inflight = nil
	}
	c.gone = c.gone || done.destroy
	if done.writes() {
		c.born()
	}
	c.rouse()
	c.retire()
	gone, waiting := c.leftovers()
	c.mu.Unlock()
	c.rt.moveOn(c, gone, waiting)
	return inflight
}

// retire drops an activation that holds nothing: its CA does not exist, or could not be loaded. One that counts stuck methods stays. Call with mu held.
func (c *CA) retire() {
	if c.phase == resting && c.stuck == 0 && !c.loaded && c.pending == nil && c.inflight == nil && !c.ready() {
		c.gone = true
	}
}

// lostRetry is when a CA whose activation was dropped is looked at again, in µs.
const lostRetry = 1_000_000

var errTooLarge = wire.Err(wire.TooLarge, "The change is too large to be stored; nothing was done.")

// refused drops the activation after a refused write: another writer has the CA now. Nothing of the lost commits shows.
func (c *CA) refused(err error) {
	answer := errLost
	if errors.Is(err, store.ErrTooLarge) {
		answer = errTooLarge
	}
	c.rt.stats.dropped.Add(1)
	c.rt.log.Warn("commit refused, activation dropped", slog.String("ca", c.key), slog.Any("error", err))
	c.lose(answer, c.rt.now()+lostRetry)
}

// lose drops the activation and what is not durable of it. Its CA is looked at again at an instant in µs UTC, 0 for none: a wake-up may have gone with it.
func (c *CA) lose(answer *wire.Error, again int64) {
	c.mu.Lock()
	lost := [...]*Commit{c.inflight, c.pending}
	c.inflight, c.pending, c.gone = nil, nil, true
	if again != 0 {
		c.rt.wakes.add(c.key, again)
	}
	c.born()
	gone, waiting := c.leftovers()
	c.mu.Unlock()
	for _, commit := range lost {
		commit.lose(answer)
	}
	c.rt.moveOn(c, gone, waiting)
}

// leftovers takes the messages out of an activation that is gone. Call with mu held, and Runtime.moveOn afterwards.
func (c *CA) leftovers() (gone bool, waiting []*Message) {
	if c.gone {
		c.rt.moving.Add(1)
		waiting = append(c.held, c.box.drain()...)
		c.held = nil
	}
	return c.gone, waiting
}

// abandon is called when no worker is left.
func (c *CA) abandon() {
	c.mu.Lock()
	late := c.late
	c.late = nil
	c.mu.Unlock()
	c.lose(errDraining, 0)
	if late != nil {
		late.m.reply(nil, errDraining)
	}
}
