package call

import (
	"log/slog"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/wire"
)

// enter seats a client that the CA's policy has let in: where it was before, or anew.
func (h *Hub) enter(a *attempt, t ticket) {
	cl := a.line.client
	may, refused := h.rights(a.room, cl.conn.Owner(), cl.conn.Scope())
	if refused != nil {
		cl.end(a.line, refused)
		return
	}
	m, refused := h.opt.Maps.Newest(a.room)
	if refused != nil {
		cl.end(a.line, refused)
		return
	}
	now := read(m)
	r := h.held(a)
	if r == nil {
		cl.end(a.line, errGoingDown)
		return
	}
	defer r.release()
	if !h.genuine(t, a.room, cl.conn.Owner()) {
		t = ticket{}
	}
	before := r.find(t.member)
	if before != nil && before.secret == t.secret {
		r.resume(before, a)
		return
	}
	if before != nil {
		r.remove(before, errTaken)
	}
	back := before != nil || t.member != "" && h.now() < h.begun+h.opt.Away.Microseconds() // it was in the room until a moment ago
	s := &seat{
		ticket: h.ticket(a.room, cl.conn.Owner(), t.member), room: r, owner: cl.conn.Owner(), name: a.line.hello.Name,
		may: may, muted: now.muted[cl.conn.Owner()], line: a.line, conn: cl.conn,
	}
	if refused := r.sit(s, now, back); refused != nil {
		cl.end(a.line, refused)
		return
	}
	if !cl.seated(a, s) {
		r.leave(s, a.line)
		return
	}
	r.welcome(s, a.line)
}

// held is the room of an attempt, which stays until it is released.
func (h *Hub) held(a *attempt) *room {
	for {
		r := h.room(a.room)
		if r == nil || r.hold() {
			return r
		}
		<-r.over // only then another one takes its place, and follows what it followed
	}
}

// sit gives a newcomer its seat, or one that is back.
func (r *room) sit(s *seat, now state, back bool) *wire.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seats) == 0 {
		r.state = now
	}
	if r.seats[s.member] != nil {
		return errTwice
	}
	if refused := r.admits(s.owner, now, back); refused != nil {
		return refused
	}
	r.latest = max(r.hub.now(), r.latest+1) // so that the order of coming is known where the clock stands still
	s.since = r.latest
	r.seats[s.member] = s
	return nil
}

// welcome tells a newcomer who is here, and joins its media. What it signals meanwhile waits.
func (r *room) welcome(s *seat, l *line) {
	s.greet(l, false)
	peer, err := r.media.Join(sfu.PeerOptions{
		Member: s.member,
		Signal: func(sig sfu.Signal) { s.tell(pack(sig)) },
		Failed: func(err error) { r.failed(s, err) },
	})
	if err != nil {
		r.hub.opt.Log.Error("a member can't be joined", slog.String("room", r.name.String()), slog.Any("error", err))
		r.remove(s, errNoMedia)
		return
	}
	if !s.joined(peer) {
		peer.Close()
		return
	}
	s.apply()
	s.work()
	r.announce()
	r.changed() // rules may have changed since they were asked
	r.hub.rouse(r.name.CA())
}

// resume gives a member that comes back its seat. Whoever sits there, another connection of the same member, is sent away.
func (r *room) resume(s *seat, a *attempt) {
	before, ok := s.take(a.line)
	switch {
	case !ok:
		a.line.client.end(a.line, errNoMedia) // it left, or came, in this moment
		return
	case before != nil:
		before.client.end(before, errTaken)
	}
	if !a.line.client.seated(a, s) {
		a.line.client.unseat(s, a.line)
		return
	}
	s.greet(a.line, true)
	s.media().Resume()
	r.announce()
	r.changed()
}

// greet sends call-opened, the first frame of a line.
func (s *seat) greet(l *line, resumed bool) {
	r, may, mode := s.room, s.rights(), s.room.mode()
	p := sfu.Opened{ICE: []sfu.ICEServer{}, People: list(r.all()), Mode: mode, Me: s.member, Now: r.hub.now(), May: may.list()}
	if r.hub.opt.ICE != nil {
		p.ICE = append(p.ICE, r.hub.opt.ICE(s.member)...)
	}
	l.open(wire.CallOpened{Call: l.number, Resumed: resumed, Member: s.member, Secret: s.secret, Payload: pack(p)})
	s.catchUp(may, mode)
}

// catchUp tells what has changed since it went into call-opened: a line takes nothing before that. What changes while it does so is told again, so that the last word is true.
func (s *seat) catchUp(may rights, mode string) {
	for {
		nowMay, nowMode := s.rights(), s.room.mode()
		if nowMay == may && nowMode == mode {
			return
		}
		if nowMay != may {
			s.tell(pack(sfu.May{May: nowMay.list()}))
		}
		if nowMode != mode {
			s.tell(pack(sfu.Mode{Mode: nowMode}))
		}
		may, mode = nowMay, nowMode
	}
}

// away keeps the seat of a member whose connection is lost.
func (r *room) away(s *seat, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line != l || s.gone {
		return
	}
	s.line = nil
	s.leaving = r.hub.opt.Clock.AfterFunc(r.hub.opt.Away, func() {
		if s.at() == nil {
			r.leave(s, nil)
		}
	})
}

// failed ends a member whose media is lost for good while its connection is, too. One that is connected restarts by itself.
func (r *room) failed(s *seat, err error) {
	r.hub.opt.Log.Debug("media failed", slog.String("room", r.name.String()), slog.String("member", s.member), slog.Any("error", err))
	if s.at() == nil {
		r.leave(s, nil)
	}
}

// remove ends a member's call, and tells it why.
func (r *room) remove(s *seat, why *wire.Error) {
	for {
		l := s.at()
		if r.leave(s, l) {
			if l != nil {
				l.client.end(l, why)
			}
			return
		}
		if s.left() {
			return
		}
	}
}

// leave takes a member's seat away; not if it sits at another line, or none, by now.
func (r *room) leave(s *seat, l *line) bool {
	peer, ok := s.rise(l)
	if !ok {
		return false
	}
	r.mu.Lock()
	delete(r.seats, s.member)
	over := r.emptied()
	r.mu.Unlock()
	if peer != nil {
		peer.Close()
	}
	r.announce()
	over()
	r.hub.rouse(r.name.CA())
	return true
}
