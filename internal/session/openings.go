package session

import (
	"slices"
	"sync"

	"github.com/wabgo/wab/internal/name"
)

// Limits of what a connection has asked to open, of one feature, and nobody has decided yet; what was closed since is counted until it is decided, too.
const (
	MaxOpening   = 256 // in all, which is as many as a client can have subscriptions
	MaxOpeningOf = 32  // of them at one CA: as many as it decides in a turn
)

// Openings hand on what one connection asks to open: at once as long as few of them are undecided, then in order, as others are decided. So a connection that opens and
// closes in a loop takes little of a CA's inbox, a CA that takes its time holds up no other, and nobody who has a use for all that she opens is refused.
// What waits is bounded by its owner: it ends with the subscription.
type Openings struct {
	spawn func(func()) // runs a func on a goroutine of its own

	mu      sync.Mutex
	asked   int               // undecided
	askedOf map[name.Name]int // of them, by CA
	waiting []opening         // in the order of their coming
	moving  bool              // a goroutine hands on what waits
	closed  bool
}

// opening is what waits.
type opening struct {
	of  any // the subscription
	at  name.Name
	ask func(decided func())
}

// NewOpenings are a connection's, with what runs a func on a goroutine; where it doesn't, for all is about to end, what waits stays.
func NewOpenings(spawn func(func())) *Openings {
	return &Openings{spawn: spawn, askedOf: map[name.Name]int{}}
}

// Open has ask called, here or on another goroutine, when the CA at may be asked. Ask must not block, and must see to it that decided is called, once, when
// all that the opening needs of others is known. Of identifies it to Withdraw.
func (o *Openings) Open(of any, at name.Name, ask func(decided func())) {
	o.mu.Lock()
	now := !o.closed && !o.moving && o.room(at)
	switch {
	case now:
		o.take(at)
	case !o.closed:
		o.waiting = append(o.waiting, opening{of, at, ask})
	}
	o.mu.Unlock()
	if now {
		ask(func() { o.decided(at) })
	}
}

// Withdraw forgets what waits and is not wanted any more. What was asked can't be taken back.
func (o *Openings) Withdraw(of any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = slices.DeleteFunc(o.waiting, func(w opening) bool { return w.of == of })
}

// Close forgets all that waits: the connection is gone.
func (o *Openings) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.waiting = true, nil
}

// room tells whether a CA may be asked. Call with mu held.
func (o *Openings) room(at name.Name) bool {
	return o.asked < MaxOpening && o.askedOf[at] < MaxOpeningOf
}

// take is called with mu held.
func (o *Openings) take(at name.Name) {
	o.asked++
	o.askedOf[at]++
}

// next is what goes next of what waits, -1 if nothing can. Call with mu held.
func (o *Openings) next() int {
	if o.asked >= MaxOpening {
		return -1
	}
	return slices.IndexFunc(o.waiting, func(w opening) bool { return o.room(w.at) })
}

// decided makes room. It does not ask by itself: it runs in somebody's turn, and whoever is refused at once makes room for the next one.
func (o *Openings) decided(at name.Name) {
	o.mu.Lock()
	o.asked--
	if o.askedOf[at]--; o.askedOf[at] == 0 {
		delete(o.askedOf, at)
	}
	start := !o.moving && o.next() >= 0
	o.moving = o.moving || start
	o.mu.Unlock()
	if start {
		o.spawn(o.move)
	}
}

// move hands on what waits, until nothing can go.
func (o *Openings) move() {
	for {
		o.mu.Lock()
		i := o.next()
		if i < 0 {
			o.moving = false
			o.mu.Unlock()
			return
		}
		w := o.waiting[i]
		o.waiting = slices.Delete(o.waiting, i, i+1)
		o.take(w.at)
		o.mu.Unlock()
		w.ask(func() { o.decided(w.at) })
	}
}
