package actor

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// Options are what a Runtime is made of.
type Options struct {
	Store    store.Store
	Classes  map[string]Class // by app
	Gate     Gate
	Features []Feature // besides the Gate and the runtime's own
	Clock    clock.Clock
	Logger   *slog.Logger
	// Route carries the messages that CAs send; nil delivers them here.
	Route func(*Message)
	// IdleAfter is how long an activation stays without work, a minute by default.
	IdleAfter time.Duration
	// MaxActive is how many activations may stay without work, 1,000,000 by default. Where there are more, those go first that have had none for longest, however short that is.
	MaxActive int
	// Workers is how many methods run at a time, at least 2; by default as many as there are processors. Methods that block do not count.
	Workers int
	// MaxCAs is how many CAs an owner may have, 0 for any number. CAs then lists those in the store whose names begin with prefix, until visit returns an error.
	MaxCAs int
	CAs    func(prefix string, limit int, visit func(ca string) error) error
	// Fatal is called when the store's outcome is unknown; by default it ends the process. Nothing is acknowledged afterwards.
	Fatal func(error)
}

// Runtime runs the CAs of one process.
type Runtime struct {
	store     store.Store
	committer *store.Committer
	classes   map[string]Class
	gate      Gate
	features  []Feature
	clock     clock.Clock
	log       *slog.Logger
	route     func(*Message)
	fatal     func(error)
	idle      time.Duration
	maxActive int
	maxCAs    int
	cas       func(prefix string, limit int, visit func(ca string) error) error

	table    table
	sched    *scheduler
	watch    watch
	wakes    wakes
	sweeper  sweeper
	shedder  shedder
	draining atomic.Bool
	closed   atomic.Bool
	moving   atomic.Int64 // activations that are gone, and still have word for others
	stats    stats
	births   births
	refusals refusals
}

type stats struct{ slow, dropped atomic.Int64 }

var (
	errNoSuchApp = wire.Err(wire.NotFound, "This server has no such app.")
	errDraining  = wire.Retry(wire.Unavailable, "The server is about to restart; try again in a moment.", 500)
)

// New starts a runtime. It reads of the store only which CAs have work of their own soon.
func New(o Options) *Runtime {
	rt := &Runtime{store: o.Store, classes: o.Classes, gate: o.Gate, clock: o.Clock, log: o.Logger, route: o.Route, fatal: o.Fatal, idle: o.IdleAfter, maxActive: o.MaxActive, maxCAs: o.MaxCAs, cas: o.CAs}
	if rt.clock == nil {
		rt.clock = clock.Real()
	}
	if rt.log == nil {
		rt.log = slog.Default()
	}
	if rt.route == nil {
		rt.route = rt.Deliver
	}
	if rt.fatal == nil {
		rt.fatal = rt.exit
	}
	if rt.idle == 0 {
		rt.idle = time.Minute
	}
	if rt.maxActive <= 0 {
		rt.maxActive = 1_000_000
	}
	rt.features = append([]Feature{outboxFeature{}, inboxFeature{}, timerFeature{}, o.Gate}, o.Features...)
	rt.table.init()
	rt.refusals.init()
	rt.committer = store.NewCommitter(o.Store, store.CommitterOptions{Fatal: rt.fatal})
	rt.sched = newScheduler(max(2, o.Workers, runtime.GOMAXPROCS(0)))
	rt.watch.rt, rt.wakes.rt, rt.sweeper.rt, rt.shedder.rt = rt, rt, rt, rt
	rt.sched.start(rt)
	rt.wakes.start()
	rt.sweeper.start()
	return rt
}

func (rt *Runtime) exit(err error) {
	rt.log.Error("the store failed; nothing is acknowledged from here on", slog.Any("error", err))
	os.Exit(1)
}

func (rt *Runtime) now() int64 { return clock.Micros(rt.clock.Now()) }

// Deliver puts a message into its CA's mailbox. What is wrong is told by the message's Reply.
func (rt *Runtime) Deliver(m *Message) {
	class := rt.classOf(m.To)
	switch {
	case class == nil || m.To.Host != "":
		m.reply(nil, errNoSuchApp)
		return
	case rt.closed.Load() || (rt.draining.Load() && (m.Kind == Call || m.Kind == Raised)):
		m.reply(nil, errDraining)
		return
	}
	for {
		c := rt.table.get(m.To)
		if err := rt.gate.Arrive(m, c.visible()); err != nil {
			m.reply(nil, err)
			return
		}
		if c == nil {
			c = rt.table.find(rt, m.To, class)
		}
		if err, taken := c.enqueue(m); taken {
			if err != nil {
				m.reply(nil, err)
			} else if rt.closed.Load() {
				c.abandon() // Close may not have seen it
			}
			return
		}
		rt.table.remove(c)
	}
}

// classOf is nil for an app that does not run here.
func (rt *Runtime) classOf(id name.Name) Class {
	class := rt.classes[id.App]
	if d, ok := class.(Divided); ok {
		return d.Of(id)
	}
	if id.Topic() {
		return nil
	}
	return class
}

// enqueue reports false when the activation is gone.
func (c *CA) enqueue(m *Message) (err *wire.Error, taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil, false
	}
	out, err := c.box.push(m, c.name.Owner)
	c.rt.refusals.add(out)
	c.rouse()
	return err, true
}

// Rouse gives an actor a turn for its parts' own work. It takes locks of the runtime, and does not wait.
func (rt *Runtime) Rouse(id name.Name) { rt.rouse(id.String()) }

// rouse gives a CA a turn for work of its own.
func (rt *Runtime) rouse(key string) {
	id, err := name.ParseActor(key)
	if err != nil {
		return
	}
	class := rt.classOf(id)
	if class == nil {
		return // an app that this server does not run now: its CAs wait
	}
	for {
		c := rt.table.find(rt, id, class)
		c.mu.Lock()
		gone := c.gone
		if !gone {
			c.wake, c.wakeAt = true, 0
			c.rouse()
		}
		c.mu.Unlock()
		if !gone {
			return
		}
		rt.table.remove(c)
	}
}

// moveOn hands the messages of an activation that is gone to the next one.
func (rt *Runtime) moveOn(c *CA, gone bool, waiting []*Message) {
	if gone {
		rt.table.remove(c)
	}
	for _, m := range waiting {
		rt.Deliver(m)
	}
	if gone {
		rt.moving.Add(-1)
	}
}

// Active counts the CAs in memory.
func (rt *Runtime) Active() int { return rt.table.len() }

// Quiet tells whether no CA has anything to do or to write now. They are looked at one after the other: that none got work meanwhile shows in the turns.
func (rt *Runtime) Quiet() bool {
	turns := rt.sched.count()
	return rt.table.quiet() && rt.refusals.quiet() && rt.moving.Load() == 0 && rt.sched.count() == turns
}

// Slow counts the methods that ran for more than a second.
func (rt *Runtime) Slow() int64 { return rt.stats.slow.Load() }

// Drain refuses new requests and waits until all that was accepted is durable and answered, and what parts keep in memory is written, or the context ends.
func (rt *Runtime) Drain(ctx context.Context) error {
	rt.draining.Store(true)
	rt.wakes.stop()
	rt.sweeper.stop()
	rt.shedder.stop()
	rt.table.each((*CA).tendNow)
	return until(ctx, rt.Quiet)
}

// Close stops the runtime: whatever Drain has not waited for is answered by unavailable. A method that does not return is left behind. The store stays open.
func (rt *Runtime) Close() {
	rt.draining.Store(true)
	rt.wakes.stop()
	rt.sweeper.stop()
	rt.shedder.stop()
	rt.sched.stop()
	rt.committer.Close()
	rt.closed.Store(true)
	rt.table.each((*CA).abandon)
	rt.refusals.wait()
	rt.watch.stop()
}

// until polls; it has no part in any message's time.
func until(ctx context.Context, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}
