package session

import (
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// What a connection's reader does about its share. All of it is called by the reader only.

func (c *Conn) now() time.Time { return c.srv.opt.Clock.Now() }

// mayRead tells whether the reader may go on; else it has to wait for a turn.
func (c *Conn) mayRead(now time.Time) bool {
	c.held = c.turn == nil && c.share != nil && c.share.debt(now) > 0
	return !c.held
}

// spend books what has come of a read since from, and ends a turn.
func (c *Conn) spend(from time.Time) (now time.Time) {
	if c.share == nil {
		c.share = &c.srv.strangers
	}
	now = c.now()
	c.share.charge(from, now, c.owed)
	c.owed = 0
	c.passTurn()
	return now
}

// awaitTurn reports false when the server stops.
func (c *Conn) awaitTurn() bool {
	s := c.share
	c.waits.Store(true)
	if s.await(&s.conns) {
		c.turn = s
	}
	c.waited()
	return c.turn != nil
}

// waited ends a wait. What has come meanwhile is heard now.
func (c *Conn) waited() {
	c.heard.Store(clock.Micros(c.now()))
	c.waits.Store(false)
}

func (c *Conn) passTurn() {
	if c.turn != nil {
		c.turn.pass()
		c.turn = nil
	}
}
