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
		c.pending = &Commit{}
	}
	return c.pending
}

// flush sends the pending commit on its way unless another one is under way, whose end will.
func (c *CA) flush() {
	c.mu.Lock()
	if c.inflight != nil || c.pending == nil || c.gone {
		c.mu.Unlock()
		return
	}
	rev := c.launch()
	c.mu.Unlock()
	c.submit(rev)
}

// launch makes the pending commit the one in flight. Call with mu held.
func (c *CA) launch() store.Rev {
	c.inflight, c.pending = c.pending, nil
	return c.rev
}

// submit writes the commit in flight. One that changes nothing is done at once: all before it is durable.
func (c *CA) submit(rev store.Rev) {
	if commit := c.inflight; commit.writes() {
		c.rt.committer.Submit(commit.write(c.key, rev), c.finish)
	} else {
		c.finish(store.Result{Rev: rev})
	}
}

// finish lets the effects of the commit in flight out, and launches what has joined meanwhile.
func (c *CA) finish(r store.Result) {
	if r.Err != nil {
		c.lose(r.Err)
		return
	}
	c.mu.Lock()
	done := c.inflight
	c.rev = r.Rev
	// The next write does not wait for the effects of the last one. A commit without writes ends on another goroutine than one with:
	// there the order of effects needs the wait.
	early := done.writes() && !done.destroy && c.pending != nil && c.pending.writes()
	if early {
		c.launch()
	}
	c.mu.Unlock()
	if early {
		c.submit(r.Rev)
	}
	done.release()
	c.settled(done, early)
}

// settled makes room after a commit: what waited for it goes on.
func (c *CA) settled(done *Commit, early bool) {
	c.mu.Lock()
	if !early {
		c.inflight = nil
	}
	c.gone = c.gone || done.destroy
	c.rouse()
	c.retire()
	gone, waiting := c.leftovers()
	c.mu.Unlock()
	c.rt.moveOn(c, gone, waiting)
	if !early {
		c.flush()
	}
}

// retire drops an activation that holds nothing: its CA does not exist, or could not be loaded. Call with mu held.
func (c *CA) retire() {
	if c.phase == resting && !c.loaded && c.pending == nil && c.inflight == nil && !c.ready() {
		c.gone = true
	}
}

// lose drops the activation after a refused write: another writer has the CA now. Nothing of the lost commits shows.
func (c *CA) lose(err error) {
	answer := errLost
	if errors.Is(err, store.ErrTooLarge) {
		answer = wire.Err(wire.TooLarge, "the change is too large to be stored; nothing was done")
	}
	c.rt.log.Warn("commit refused, activation dropped", slog.String("ca", c.key), slog.Any("error", err))
	c.mu.Lock()
	lost := [...]*Commit{c.inflight, c.pending}
	c.inflight, c.pending, c.gone = nil, nil, true
	gone, waiting := c.leftovers()
	c.mu.Unlock()
	for _, commit := range lost {
		commit.lose(answer)
	}
	c.rt.moveOn(c, gone, waiting)
}

// leftovers takes the messages out of an activation that is gone. Call with mu held.
func (c *CA) leftovers() (gone bool, waiting []*Message) {
	if c.gone {
		waiting = c.box.drain()
	}
	return c.gone, waiting
}
