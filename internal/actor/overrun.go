package actor

import "github.com/wabgo/wab/internal/wire"

var errDeadline = wire.Err(wire.Deadline, "The method overran its deadline; everything it did is undone.")

// overran is the watch's word that a method's deadline has passed.
func (c *CA) overran(tx *Tx) {
	if !tx.close(overrun) {
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
	c.stuck--
	c.rouse()
}

// cleanUp goes on after an overrun in a fresh instance: the old one still belongs to the stuck method.
func (c *CA) cleanUp() {
	c.mu.Lock()
	m := c.late.m
	c.late = nil
	c.mu.Unlock()
	c.undo(false)
	c.restore(c.decoded())
	if c.class.Handles(Resume) && len(c.todo) == 0 {
		c.todo = append(c.todo, Resume)
	}
	c.conclude(m, nil, errDeadline, outcome{})
}
