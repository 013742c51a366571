package pubsub

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
)

// A cast brings a topic's messages to clients: what is new to all who are up to date, and what they lack to those who are not. It is guarded by the feed's mu.
type cast struct {
	listeners map[*listener]struct{}
	roster    []*listener // the same, in the order in which they came; nil where it is to be made anew
	came      uint64      // how many there ever were
	claims    map[terms]*claim
	before    place // the last message of the epoch before

	reached place // what all who are up to date have been offered
	casting bool

	queue   []*listener // who lacks what has to be read, or decided on
	seeking bool
	open    []*listener // that policy can't tell of, or the store: they are looked at again in a moment
}

// quiet tells whether the cast has nothing to do, and nobody to do it for.
func (c *cast) quiet() bool { return len(c.listeners) == 0 && !c.casting && !c.seeking }

// join lets a listener in. It does not if the feed has been dropped meanwhile. Call with client.mu held.
func (h *Hub) join(f *feed, l *listener) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.feeds[f.name] != f {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f.enter(l)
	l.wake()
	return true
}

// enter is called with the listener's mu held.
func (f *feed) enter(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := place{f.epoch, f.last}
	if l.feed, l.claim = f, f.claim(l.terms); l.epoch == 0 {
		l.place = now
	}
	if len(f.listeners) == 0 && !f.casting {
		f.reached = now
	}
	if f.listeners == nil {
		f.listeners = map[*listener]struct{}{}
	}
	f.came++
	l.came = f.came
	f.listeners[l] = struct{}{}
	f.roster = nil
}

// leave lets a listener go.
func (f *feed) leave(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if delete(f.listeners, l); len(f.listeners) == 0 {
		f.listeners = nil // an empty map keeps its room
	}
	f.roster = nil
	f.drop(l.claim)
}

// air has the listeners offered what is new. Call with mu held.
func (f *feed) air() {
	if len(f.listeners) > 0 && !f.casting {
		f.casting = f.hub.spawn(f.bring)
	}
}

// bring works until all have been offered all there is.
func (f *feed) bring() {
	for {
		s, listeners := f.round()
		if s == nil {
			return
		}
		for _, l := range listeners {
			if why := l.offer(s); why != nil {
				l.client.refuse(l, why)
			}
		}
	}
}

// round takes the next messages, or ends the cast. Where they can't be had from memory it goes on with those that can: whoever lacks more finds out.
func (f *feed) round() (*stretch, []*listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.listeners) == 0 || f.reached == (place{f.epoch, f.last}) {
		f.casting = false
		return nil, nil
	}
	if f.reached.epoch != f.epoch {
		f.reached = place{f.epoch, max(f.first, 1) - 1}
		return newStretch(f, f.epoch, f.reached.offset, nil), f.everybody()
	}
	entries := f.kept(f.reached.offset, stretchBytes)
	if entries == nil {
		f.reached.offset = f.last
		if len(f.recent) > 0 {
			f.reached.offset = f.recent[0].Offset - 1
		}
	}
	s := newStretch(f, f.epoch, f.reached.offset, entries)
	f.reached.offset = s.upto
	return s, f.everybody()
}

// everybody are all listeners, in the order in which they came: that is how they, and what the system keeps of their sockets, lie in memory. Going over ten thousand in another
// order costs a tenth more. Call with mu held; the list never changes.
func (f *feed) everybody() []*listener {
	if f.roster == nil {
		f.roster = slices.SortedFunc(maps.Keys(f.listeners), func(a, b *listener) int { return cmp.Compare(a.came, b.came) })
	}
	return f.roster
}

func (f *feed) outlook() outlook {
	f.mu.Lock()
	defer f.mu.Unlock()
	return outlook{f.epoch, f.first, f.last, f.before}
}

// remembered is what follows a place, from memory; nil where that doesn't hold it.
func (f *feed) remembered(at place, limit int) *serving {
	f.mu.Lock()
	var entries []*entry
	if at.epoch == f.epoch {
		entries = f.kept(at.offset, limit)
	}
	f.mu.Unlock()
	if entries == nil {
		return nil
	}
	s := newStretch(f, at.epoch, at.offset, entries)
	return &serving{s, s.all}
}

// seek has what a listener lacks read, and decided on. Call with its mu held.
func (f *feed) seek(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, l)
	f.startSeeking()
}

// startSeeking is called with mu held.
func (f *feed) startSeeking() {
	if len(f.queue) > 0 && !f.seeking {
		f.seeking = f.hub.spawn(f.find)
	}
}

// find serves who is in the queue, one after the other. Those who lack the same have it read once.
func (f *feed) find() {
	var s *stretch
	var failed error
	for l := f.nextInQueue(); l != nil; l = f.nextInQueue() {
		at, here := l.where()
		if !here {
			continue
		}
		if to, _, _ := f.outlook().from(at); to != at {
			l.found(nil) // it will tell so
			continue
		}
		if failed == nil && !s.leadsOn(at) {
			if s, failed = f.stored(at); failed != nil {
				f.complain(failed)
			}
		}
		if s.leadsOn(at) {
			f.give(l, at, s)
		} else {
			f.postpone(l)
		}
	}
}

// give hands a listener what it may have of a stretch.
func (f *feed) give(l *listener, at place, s *stretch) {
	switch sh := s.share(l.claim); {
	case sh.refused != nil:
		l.client.refuse(l, sh.refused)
	case s.end(sh) <= at.offset:
		f.postpone(l)
	default:
		l.found(&serving{s, sh})
	}
}

func (f *feed) nextInQueue() *listener {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		f.queue, f.seeking = nil, false
		return nil
	}
	l := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return l
}

// where is a listener's place; here is false if it has left.
func (l *listener) where() (at place, here bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place, !l.gone
}

// found hands a listener what it has waited for, or with nil has it look for itself.
func (l *listener) found(next *serving) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.away, l.next = false, next
		l.wake()
	}
}

// stored is what follows a place, from memory or the store; nil where it can't be had now.
func (f *feed) stored(at place) (*stretch, error) {
	entries, err := f.since(at.offset, stretchBytes)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	h, err := f.readHead()
	if err != nil || h.epoch != at.epoch {
		return nil, err // the topic is made anew: what is known of it is about to change
	}
	return newStretch(f, at.epoch, at.offset, entries), nil
}

// postpone has a listener looked at again in a moment.
func (f *feed) postpone(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = append(f.open, l)
	if len(f.open) == 1 {
		f.hub.opt.Clock.AfterFunc(retry, f.resume)
	}
}

// resume has those looked at again that were postponed. They begin at where they are by then.
func (f *feed) resume() {
	f.mu.Lock()
	all := f.open
	f.open = nil
	f.mu.Unlock()
	for _, l := range all {
		l.found(nil)
	}
}

func (f *feed) complain(err error) {
	f.hub.opt.Log.Error("a topic can't be read", slog.String("topic", f.key), slog.Any("error", err))
}
