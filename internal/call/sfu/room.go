package sfu

import (
	"sync"

	"github.com/wabgo/wab/internal/wire"
)

// RoomOptions are how a Room tells what happens in it. All are called on one goroutine of the room, one after another; they may take
// locks and call any method but Engine.Close, which waits for them. Each may be nil.
type RoomOptions struct {
	Changed func()                              // what somebody publishes has changed: ask Peer.Sources
	Levels  func(levels []Level, active string) // at most 5 times a second, and only on change
	Data    func(member string, payload []byte) // a message of the data channel "wab"; payload is the callee's
}

// Room is a set of peers each of which receives what the others publish.
type Room struct {
	engine  *Engine
	opt     RoomOptions
	events  *events
	speaker *speaker // of the pulse's goroutine
	stop    chan struct{}
	nudged  chan struct{} // the pulse has something to do now

	mu     sync.Mutex // guards what follows, and each peer's rights and tracks; taken before any other lock of this package
	peers  map[string]*Peer
	closed bool
}

func newRoom(e *Engine, o RoomOptions) *Room {
	return &Room{engine: e, opt: o, events: newEvents(), speaker: newSpeaker(), stop: make(chan struct{}), nudged: make(chan struct{}, 1), peers: map[string]*Peer{}}
}

// Join adds a member. It receives what is published as soon as it has made an offer, or after a moment without one.
// A member that is there already is a conflict, and a full room over quota.
func (r *Room) Join(o PeerOptions) (*Peer, error) {
	p, err := newPeer(r, o)
	if err != nil {
		return nil, err
	}
	if err := r.add(p); err != nil {
		p.discard()
		return nil, err
	}
	if !r.engine.spawn(p.run) {
		p.Close()
		p.discard()
		return nil, errClosed
	}
	return p, nil
}

func (r *Room) add(p *Peer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return errClosed
	case r.peers[p.member] != nil:
		return wire.Err(wire.Conflict, "This member is in the call already.")
	case len(r.peers) >= r.engine.opt.Members:
		return wire.Retry(wire.Quota, "This call is full; come back when somebody has left.", 10_000)
	}
	r.peers[p.member] = p
	r.engine.count.peers.Add(1)
	return nil
}

// remove takes a peer out, and with it what it publishes; false when it had gone.
func (r *Room) remove(p *Peer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.peers[p.member] != p {
		return false
	}
	delete(r.peers, p.member)
	r.engine.count.peers.Add(-1)
	p.gone = true
	for _, t := range p.tracks {
		t.open.Store(false)
	}
	if len(p.tracks) > 0 {
		r.changed()
	}
	return true
}

// changed has everybody's subscriptions looked at again, and the owner told. The caller holds mu.
func (r *Room) changed() {
	for _, p := range r.peers {
		p.inbox.renegotiate()
	}
	if r.opt.Changed != nil {
		r.events.once(&r.events.changed, r.opt.Changed)
	}
}

// wanted are the tracks that a peer is to receive.
func (r *Room) wanted(p *Peer) map[*track]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[*track]bool{}
	if r.closed || p.gone {
		return all
	}
	for _, other := range r.peers {
		if other == p {
			continue
		}
		for _, t := range other.tracks {
			if other.allows(t.source) {
				all[t] = true
			}
		}
	}
	return all
}

// everybody lists who is there now.
func (r *Room) everybody() []*Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*Peer, 0, len(r.peers))
	for _, p := range r.peers {
		all = append(all, p)
	}
	return all
}

// Close ends the room and all its peers. No callback begins after it; one may still run when it returns.
func (r *Room) Close() {
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	r.mu.Unlock()
	if closed {
		return
	}
	close(r.stop)
	for _, p := range r.everybody() {
		p.Close()
	}
	r.engine.forget(r)
}
