package call

import (
	"errors"
	"slices"
	"sync"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// A seat is a member of a room. It outlives its connection for a while.
type seat struct {
	ticket
	room  *room
	owner string
	since int64
	inbox inbox
	pace  pace

	applying sync.Mutex // comes before mu

	mu      sync.Mutex
	peer    *sfu.Peer // nil until it is made
	line    *line     // nil while the connection is lost
	name    string
	conn    *session.Conn // the last one: the rights of its token are the member's
	may     rights
	muted   []string
	gone    bool
	leaving clock.Timer // runs while the connection is lost
}

func (s *seat) principal() name.Name { return name.Name{App: s.room.name.App, Owner: s.owner} }

// at is the line that the member is at, nil if its connection is lost.
func (s *seat) at() *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line
}

// called is what the member calls itself.
func (s *seat) called() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// rights are the member's.
func (s *seat) rights() rights {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.may
}

// media is the member's peer, nil before it has one. It is used without mu: a peer may be about to signal.
func (s *seat) media() *sfu.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer
}

// seen is the connection at which the member is, or was last.
func (s *seat) seen() *session.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// tell sends a payload of which nothing may be lost: a client that doesn't read has to come back.
func (s *seat) tell(payload []byte) {
	if l := s.at(); l != nil && !l.send(payload) {
		l.client.end(l, errSlow)
		s.room.away(s, l)
	}
}

// joined gives the member its media; false if it has left meanwhile.
func (s *seat) joined(peer *sfu.Peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer = peer
	return !s.gone
}

// take sits the member at another line, and tells at which one it was. It can't be where the member has left, or is not quite there.
func (s *seat) take(l *line) (before *line, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.peer == nil {
		return nil, false
	}
	before, s.line, s.conn, s.name = s.line, l, l.client.conn, l.hello.Name
	if s.leaving != nil {
		s.leaving.Stop()
		s.leaving = nil
	}
	return before, true
}

// rise has the member leave, if it still sits at that line.
func (s *seat) rise(l *line) (peer *sfu.Peer, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.line != l {
		return nil, false
	}
	s.gone = true
	if s.leaving != nil {
		s.leaving.Stop()
	}
	return s.peer, true
}

func (s *seat) left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

// grant lets the member's rights count.
func (s *seat) grant(may rights, muted []string) {
	s.mu.Lock()
	peer := s.peer
	changed, silenced := s.may != may, !slices.Equal(s.muted, muted)
	s.may, s.muted = may, muted
	s.mu.Unlock()
	if changed {
		s.tell(pack(sfu.May{May: may.list()}))
	}
	if peer != nil && (changed || silenced) {
		s.apply()
		s.room.announce()
	}
}

// apply has the media follow the member's rights as they are.
func (s *seat) apply() {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.mu.Lock()
	peer, may, muted := s.peer, s.may, s.muted
	s.mu.Unlock()
	peer.Allow(may.publish, may.share)
	peer.Mute(muted...)
}

func (s *seat) person() Person {
	p := Person{Member: s.member, Principal: s.principal(), Name: s.called(), Since: s.since, Publishing: []string{}}
	if peer := s.media(); peer != nil {
		for _, src := range peer.Sources() {
			if !src.Off { // a line that stands ready says nothing of what is sent
				p.Publishing = append(p.Publishing, src.Name)
			}
		}
	}
	return p
}

// shown is the member as others see it.
func (s *seat) shown() sfu.Person {
	p := sfu.Person{Member: s.member, Principal: s.principal().String(), Name: s.called(), Since: s.since, Sources: []sfu.Source{}}
	if peer := s.media(); peer != nil {
		p.Sources = append(p.Sources, peer.Sources()...)
	}
	return p
}

// hear handles a payload from a line, in the order of their coming and not on the connection's reader. A line that was taken over says nothing any more.
func (s *seat) hear(l *line, payload []byte) {
	if s.at() != l {
		return
	}
	if !s.inbox.put(payload) {
		s.room.remove(s, wire.Err(wire.Overloaded, "The call was ended: too many signals at once."))
		return
	}
	s.work()
}

// work handles what waits, if the member is ready and nobody does so already.
func (s *seat) work() {
	if s.media() != nil && s.inbox.start() {
		s.room.hub.spawn(func() {
			for {
				payload, ok := s.inbox.next()
				if !ok {
					return
				}
				s.handle(payload)
			}
		})
	}
}

// handle does what a signal asks for. One that makes no sense is answered, and nobody else notices.
func (s *seat) handle(payload []byte) {
	sig, err := sfu.Decode(payload)
	if err == nil {
		switch sig := sig.(type) {
		case sfu.Act:
			s.act(sig)
		case sfu.State:
			s.media().Off(sig.Off)
		case sfu.View:
			s.media().Hide(sig.Hidden)
		default:
			err = s.media().Receive(sig)
		}
	}
	if err != nil {
		offer, _ := sig.(sfu.Offer)
		e := refusal(err)
		s.tell(pack(sfu.Refused{N: offer.N, Code: string(e.Code), Message: e.Message}))
	}
}

// refusal is what the client hears of an error.
func refusal(err error) *wire.Error {
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		return e
	}
	return wire.Err(wire.Internal, "The server could not do that.")
}

// pack encodes one of the server's own payloads, which always can be.
func pack(v any) []byte {
	b, err := sfu.Encode(v)
	if err != nil {
		panic(err)
	}
	return b
}

// An inbox keeps a member's signals in order. The zero value is ready.
type inbox struct {
	mu      sync.Mutex
	waiting [][]byte
	busy    bool
}

// maxInbox is how many signals of a member wait to be handled; a browser makes a few dozen candidates.
const maxInbox = 256

func (b *inbox) put(payload []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == maxInbox {
		return false
	}
	b.waiting = append(b.waiting, slices.Clone(payload))
	return true
}

// start tells whether there is something to handle that nobody does.
func (b *inbox) start() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy || len(b.waiting) == 0 {
		return false
	}
	b.busy = true
	return true
}

func (b *inbox) next() (payload []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy = len(b.waiting) > 0; !b.busy {
		b.waiting = nil
		return nil, false
	}
	payload, b.waiting = b.waiting[0], b.waiting[1:]
	return payload, true
}
