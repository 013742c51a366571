package channel

import (
	"slices"

	"github.com/wabgo/wab/internal/actor"
)

// lasts are the last events on the channels of subscriptions. Peers of this kind send one after the other, each until it is answered, for up to seven days: so what comes again when its
// receipt is gone, after a day, is the last one that came, and is not run once more.
type lasts struct {
	known map[id]hash // of events' ids, by channel
	next  *lastEvent  // of the message at hand
}

type lastEvent struct {
	channel id
	event   hash
}

func (l *lasts) load(key string, value []byte) error {
	var e lastEvent
	if copy(e.channel[:], key) != len(key) || len(key) != idBytes || copy(e.event[:], value) != len(value) || len(value) != len(e.event) {
		return errStored
	}
	l.put(&e)
	return nil
}

func (l *lasts) put(e *lastEvent) {
	if l.known == nil {
		l.known = map[id]hash{}
	}
	l.known[e.channel] = e.event
}

// repeats tells whether a visit is the last event once more; else it is the last one from now on.
func (l *lasts) repeats(v *Visit) bool {
	if !v.named {
		return false
	}
	e := lastEvent{v.by.id, hashOf(v.ID)}
	if l.known[e.channel] == e.event {
		return true
	}
	l.next = &e
	return false
}

// encode writes what the message at hand has come to, unless it has closed the channel.
func (l *lasts) encode(c *actor.Commit, closed []id) {
	if l.next != nil && !slices.Contains(closed, l.next.channel) {
		c.Put(sideKey(keyLast, string(l.next.channel[:])), l.next.event[:])
		l.put(l.next)
	}
	l.next = nil
}
