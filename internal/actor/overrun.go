package actor

import "github.com/wabgo/wab/internal/wire"

var (
	errDeadline = wire.Err(wire.Deadline, "The method overran its deadline; everything it did is undone.")
	errExited   = wire.Err(wire.Failed, "The method ended its goroutine instead of returning; everything it did is undone.")
)

// overran is the watch's word that a method's deadline has passed.
func (c *CA) overran(tx *Tx) { c.abort(tx, overrun) }

// abort has another worker clean up after a method that does not return in time, or never.
func (c *CA) abort(tx *Tx, how over) {
	if !tx.close(how) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = tx
	c.stuck++
	c.phase = queued
	c.rt.sched.push(c)
}

// returned is called when a method that overran its deadline has come back at last.
func (c *CA) returned() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck--; c.stuck == 1 {
		c.box.putBack(c.held)
		c.held = nil
	}
	c.rouse()
}

// cleanUp goes on after an overrun in a fresh instance: the old one still belongs to the stuck method.
func (c *CA) cleanUp() {
	c.mu.Lock()
	late := c.late
	c.late = nil
	c.mu.Unlock()
	err := errDeadline
	if late.ended() == exited {
		err = errExited
	}
	c.undo(false)
	c.restore(c.decoded())
	if c.class.Handles(Resume) && len(c.todo) == 0 {
		c.todo = append(c.todo, Resume)
	}
	c.conclude(late.m, nil, err, outcome{})
}
