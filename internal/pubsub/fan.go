package pubsub

import (
	"log/slog"
	"time"

	"github.com/wabgo/wab/internal/name"
)

const (
	// window is how many CAs of a topic are roused at a time: a publish must not load them all at once.
	window = 1024
	// patience is how long a CA keeps its place in the window without handling what it was roused for.
	patience = 2 * time.Second
)

// A fan brings a topic's messages to the CAs that follow it: it rouses them, a window at a time, and each takes from the feed what it lacks. It is guarded by
// the feed's mu.
type fan struct {
	followers map[name.Name]*follower
	gathered  bool     // followers are all there are
	gathering bool     // they are being read
	meanwhile []change // while they are
	restart   uint64   // what all had handled, as the topic has stored it, when they were read
	restarts  bool     // they are read because of a start, not of a message

	behind  []*follower // to be roused
	roused  []roused    // in the window, and some that are done
	within  int         // how many are in the window
	pumping bool
	waiting bool // for a place in the window
}

type follower struct {
	ca     name.Name
	at     uint64 // the last message handled
	queued bool   // in behind
	called int64  // when it was roused last and has not handled all since, µs; 0 for none
	unread bool   // at is from before a start: the CA's own books may tell of more. The pump's
}

// roused notes an instant at which a CA was.
type roused struct {
	f  *follower
	at int64
}

func (n *fan) idle() bool {
	return !n.gathering && !n.pumping && !n.waiting && len(n.behind) == 0 && n.within == 0
}

func (n *fan) forget() { *n = fan{pumping: n.pumping, waiting: n.waiting, gathered: true} }

// change takes who follows from now on, or no longer.
func (n *fan) change(changes []change, last uint64) {
	if !n.gathered {
		if n.gathering {
			n.meanwhile = append(n.meanwhile, changes...)
		}
		return
	}
	for _, c := range changes {
		if c.leaves {
			delete(n.followers, c.ca)
		} else {
			n.add(c.ca, c.place.offset)
		}
	}
}

func (n *fan) add(ca name.Name, at uint64) {
	if n.followers == nil {
		n.followers = map[name.Name]*follower{}
	}
	if f := n.followers[ca]; f != nil {
		f.at = max(f.at, at)
		return
	}
	n.followers[ca] = &follower{ca: ca, at: at}
}

// stir queues all CAs that lack something.
func (n *fan) stir(f *feed) {
	for _, c := range n.followers {
		if c.at < f.last && !c.queued && c.called == 0 {
			c.queued = true
			n.behind = append(n.behind, c)
		}
	}
}

// flow has the messages go on to whoever follows. It does not wait.
func (f *feed) flow() {
	f.mu.Lock()
	gathered := f.gathered
	f.mu.Unlock()
	if !gathered {
		f.gather()
		return
	}
	f.pump()
}

// gather reads which CAs follow.
func (f *feed) gather() {
	f.mu.Lock()
	if f.gathered || f.gathering {
		f.mu.Unlock()
		f.pump()
		return
	}
	f.gathering = true
	f.mu.Unlock()
	if !f.hub.spawn(f.read) {
		f.mu.Lock()
		f.gathering = false
		f.mu.Unlock()
	}
}

// retry is when the CAs that follow are read again, where that has failed.
const retry = time.Second

func (f *feed) read() {
	found := map[name.Name]uint64{}
	err := f.all(func(ca name.Name, at place) { found[ca] = at.offset })
	f.mu.Lock()
	f.gathering = false
	if err != nil {
		f.meanwhile = nil
		f.mu.Unlock()
		f.hub.opt.Log.Error("who follows a topic can't be read", slog.String("topic", f.key), slog.Any("error", err))
		f.hub.opt.Clock.AfterFunc(retry, f.flow)
		return
	}
	f.gathered = true
	for ca, at := range found {
		f.add(ca, max(at, f.restart))
		f.followers[ca].unread = f.restarts
	}
	f.fan.change(f.meanwhile, f.last)
	f.meanwhile = nil
	f.stir(f)
	f.mu.Unlock()
	f.pump()
}

// pump rouses CAs while there is room in the window.
func (f *feed) pump() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.behind) > 0 && !f.pumping {
		f.pumping = f.hub.spawn(f.work)
	}
}

func (f *feed) work() {
	for f.hub.rouses() {
		batch := f.batch()
		if batch == nil {
			return
		}
		for _, c := range batch {
			if !f.caughtUp(c) {
				f.hub.runtime.Rouse(c.ca)
			}
		}
	}
}

// caughtUp has a CA's own books tell, once after a start, what it has handled: a single follower that can't go on must not have all others loaded then.
func (f *feed) caughtUp(c *follower) bool {
	if !c.unread {
		return false
	}
	c.unread = false
	s, err := f.subscription(c.ca)
	if err != nil || s.epoch == 0 {
		return false
	}
	return f.handled(c.ca, s.place)
}

// batch are the next CAs to rouse; nil ends the pump.
func (f *feed) batch() (batch []*follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.hub.now()
	f.reclaim(now)
	for len(f.behind) > 0 && f.within < window {
		c := f.behind[0]
		f.behind[0], f.behind = nil, f.behind[1:]
		c.queued = false
		if c.at >= f.last || f.followers[c.ca] != c {
			continue
		}
		c.called = now
		f.roused = append(f.roused, roused{c, now})
		f.within++
		batch = append(batch, c)
	}
	if batch == nil {
		f.pumping = false
		if len(f.behind) == 0 {
			f.behind = nil
		} else if !f.waiting {
			f.waiting = true
			f.hub.opt.Clock.AfterFunc(patience/2, f.lookAgain)
		}
	}
	return batch
}

func (f *feed) lookAgain() {
	f.mu.Lock()
	f.waiting = false
	f.mu.Unlock()
	f.pump()
}

// reclaim takes the places of those that are done, and of those that take too long: they go on outside of the window. Call with mu held.
func (f *feed) reclaim(now int64) {
	for len(f.roused) > 0 {
		r := f.roused[0]
		done := r.f.called != r.at
		if !done && now-r.at < patience.Microseconds() {
			return
		}
		if !done {
			r.f.called = 0
			f.within--
		}
		f.roused = f.roused[1:]
	}
	f.roused = nil
}

// handled is a CA's word that it has handled all up to a message. It tells whether that counts; a CA that lacks more is queued then.
func (f *feed) handled(ca name.Name, at place) bool {
	f.mu.Lock()
	c := f.followers[ca]
	if c == nil || at.epoch != f.epoch {
		f.mu.Unlock()
		return false
	}
	c.at = max(c.at, at.offset)
	if c.called != 0 {
		c.called = 0
		f.within--
	}
	if c.at < f.last && !c.queued { // it may have looked before the last one came
		c.queued = true
		f.behind = append(f.behind, c)
	}
	next := len(f.behind) > 0 && f.within < window
	f.mu.Unlock()
	if next {
		f.pump()
	}
	return true
}

// awaits tells whether a CA was roused and has not said since that it has handled all.
func (f *feed) awaits(ca name.Name) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.followers[ca]
	return c != nil && c.called != 0
}

// handledByAll is the last message that all CAs have handled; known is false where it is not known who follows.
func (f *feed) handledByAll() (at uint64, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gathered {
		return 0, false
	}
	at = f.last
	for _, c := range f.followers {
		at = min(at, c.at)
	}
	return at, true
}

// lagging are some CAs that have not handled all.
func (f *feed) lagging() (cas []name.Name) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ca, c := range f.followers {
		if c.at < f.last {
			if cas = append(cas, ca); len(cas) == window {
				break
			}
		}
	}
	return cas
}
