package call

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// A room is in memory as long as somebody is in it, or about to be.
type room struct {
	hub   *Hub
	name  name.Name
	media *sfu.Room
	stop  func()        // of what follows the CA's maps and rules
	over  chan struct{} // closed when nothing is left of it

	mu         sync.Mutex
	gone       bool // nobody comes in any more: another room of that name does
	seats      map[string]*seat
	latest     int64 // when the last one came
	coming     int   // who is about to take a seat
	state      state
	looking    bool
	again      bool
	announcing bool
	unheard    bool // something to announce
}

// maxOfOne is how many seats one person may take, in tabs and devices, unless the room is of its own.
const maxOfOne = 8

var (
	errClosed    = wire.Err(wire.NotFound, "The meeting has not begun, or has ended.")
	errLocked    = wire.Err(wire.Conflict, "The room is locked: nobody new comes in. Ask the host.")
	errFull      = wire.Err(wire.Quota, "The room is full.")
	errTooMany   = wire.Err(wire.Quota, "You are in this room 8 times already. Leave it somewhere.")
	errTwice     = wire.Retry(wire.Unavailable, "You come in elsewhere, or leave, in this moment. Try again.", 500)
	errTaken     = wire.Err(wire.Conflict, "This call goes on elsewhere.")
	errSlow      = wire.Retry(wire.Overloaded, "The connection is too slow for the call.", 1000)
	errNoMedia   = wire.Retry(wire.Unavailable, "The server can't take the call at the moment. Try again shortly.", 2000)
	errOff       = wire.Err(wire.NotFound, "This server has no calls: they are switched off.")
	errGoingDown = wire.Retry(wire.Unavailable, "The server is stopping. Try again shortly.", 1000)
)

// newRoom is called with the Hub's mu held.
func newRoom(h *Hub, n name.Name) *room {
	r := &room{hub: h, name: n, over: make(chan struct{}), seats: map[string]*seat{}}
	r.media = h.opt.Media.Room(sfu.RoomOptions{Changed: r.announce, Levels: r.levels, Data: r.data})
	return r
}

// hold keeps a room from being dropped while somebody comes in; false where it is too late.
func (r *room) hold() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return false
	}
	r.coming++
	if r.stop == nil {
		r.stop = r.hub.opt.Maps.Follow(r.name, r.changed)
	}
	return true
}

// release ends a hold, and the room if nobody is in it.
func (r *room) release() {
	r.mu.Lock()
	r.coming--
	over := r.emptied()
	r.mu.Unlock()
	over()
}

// emptied ends a room that nobody is in, as far as it can with mu held; what it returns does the rest.
func (r *room) emptied() func() {
	if r.gone || r.coming > 0 || len(r.seats) > 0 {
		return func() {}
	}
	r.gone = true
	return func() {
		r.stop()
		r.media.Close()
		r.hub.drop(r)
		close(r.over)
	}
}

// find is a seat by its member's id.
func (r *room) find(member string) *seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seats[member]
}

// mode is how people are shown.
func (r *room) mode() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.mode
}

// all are the seats, in the order in which they were taken.
func (r *room) all() []*seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sorted()
}

// sorted is called with mu held.
func (r *room) sorted() []*seat {
	return slices.SortedFunc(maps.Values(r.seats), func(a, b *seat) int {
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.member, b.member))
	})
}

// admits tells why a newcomer may not come in, or one that is back, whom no lock keeps out, by what the room's map says now: what the room last
// looked at may be older than the commit that locked it. Call with mu held.
func (r *room) admits(owner string, now state, back bool) *wire.Error {
	mine := 0
	for _, s := range r.seats {
		if s.owner == owner {
			mine++
		}
	}
	switch host := owner == r.name.Owner; {
	case !now.open:
		return errClosed
	case host && len(r.seats) < MaxMembers:
		return nil
	case now.locked && !back:
		return errLocked
	case len(r.seats) >= now.max:
		return errFull
	case mine >= maxOfOne:
		return errTooMany
	}
	return nil
}

func (r *room) people() []Person {
	list := []Person{}
	for _, s := range r.all() {
		list = append(list, s.person())
	}
	return list
}

// levels tells who speaks. The next ones make up for those that are lost.
func (r *room) levels(levels []sfu.Level, active string) {
	b := pack(sfu.Levels{Levels: levels, Active: active})
	for _, s := range r.all() {
		if l := s.at(); l != nil {
			l.offer(b)
		}
	}
}

// data takes what a member sends over its data channel.
func (r *room) data(member string, payload []byte) {
	sig, err := sfu.Decode(payload)
	if act, ok := sig.(sfu.Act); ok && err == nil {
		if s := r.find(member); s != nil {
			s.act(act)
		}
	}
}

// announce tells everybody who is here, soon, and once for many changes.
func (r *room) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unheard = true; !r.announcing && !r.gone {
		r.announcing = true
		r.hub.spawn(r.tell)
	}
}

func (r *room) tell() {
	for {
		r.mu.Lock()
		if r.announcing = r.unheard; !r.announcing {
			r.mu.Unlock()
			return
		}
		r.unheard = false
		seats := r.sorted()
		r.mu.Unlock()
		b := pack(sfu.People{People: list(seats)})
		for _, s := range seats {
			s.tell(b)
		}
	}
}

func list(seats []*seat) []sfu.Person {
	all := make([]sfu.Person, 0, len(seats))
	for _, s := range seats {
		all = append(all, s.shown())
	}
	return all
}

// changed has the room's state and everybody's rights looked at anew.
func (r *room) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return
	}
	if r.again = r.looking; !r.looking {
		r.looking = true
		r.hub.spawn(r.look)
	}
}

// lookAgain is when a room is looked at again that can't be read.
const lookAgain = time.Second

func (r *room) look() {
	for {
		r.settle()
		r.mu.Lock()
		if r.again {
			r.again = false
			r.mu.Unlock()
			continue
		}
		r.looking = false
		r.mu.Unlock()
		return
	}
}

// settle lets count what the CA has decided: nothing goes on that it doesn't allow any more (CALL-1).
func (r *room) settle() {
	m, err := r.hub.opt.Maps.Newest(r.name)
	if err != nil {
		r.hub.opt.Log.Warn("a room can't be read", slog.String("room", r.name.String()), slog.Any("error", err))
		r.hub.opt.Clock.AfterFunc(lookAgain, r.changed)
		return
	}
	now := read(m)
	r.mu.Lock()
	before := r.state.mode
	r.state = now
	r.mu.Unlock()
	for _, s := range r.all() {
		r.check(s, now)
	}
	if before != now.mode {
		b := pack(sfu.Mode{Mode: now.mode})
		for _, s := range r.all() {
			s.tell(b)
		}
	}
}

func (r *room) check(s *seat, now state) {
	may, refused := r.hub.rights(r.name, s.owner, s.seen().Scope())
	if !now.open {
		refused = errClosed
	}
	if refused != nil {
		r.remove(s, refused)
		return
	}
	s.grant(may, now.muted[s.owner])
}

// close ends all calls in the room.
func (r *room) close() {
	for _, s := range r.all() {
		r.remove(s, errGoingDown)
	}
}
