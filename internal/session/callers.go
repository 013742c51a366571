package session

import (
	"context"
	"net/http"
	"time"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Bodies beyond smallBody take much memory while they are read: there may be so many at a time, of one owner and of all.
const (
	smallBody      = 1 << 20
	largeBodies    = 32
	largeBodiesOwn = 4
)

// hesitation is how long who has too many requests waits to be told.
const hesitation = 250 * time.Millisecond

var errCalls = wire.Retry(wire.Overloaded, "You have too many requests at once. Wait for some to be answered.", 1000)

// A caller is somebody whose HTTP request is in progress.
type caller struct {
	owner *owner
	scope policy.Scope
}

func (c caller) caller() bus.Caller { return bus.Caller{Owner: c.owner.name, Scope: c.scope} }

// serveCaller has do serve a request of somebody who is known, and answers one that is refused, by do, too. Who has too many waits for that: one that
// asks on at once would keep the server as busy with refusing as with anything else.
func (s *Server) serveCaller(w http.ResponseWriter, r *http.Request, do func(caller) *wire.Error) {
	bad := s.countCaller(r.Header, do)
	if bad == errCalls {
		s.hesitate(r.Context())
	}
	if bad != nil {
		answer.Error(w, bad)
	}
}

func (s *Server) countCaller(h http.Header, do func(caller) *wire.Error) *wire.Error {
	defer s.exit()
	if busy := s.enter(); busy != nil {
		return busy
	}
	c, bad := s.caller(h)
	if bad != nil {
		return bad
	}
	defer s.endCall(c)
	return do(c)
}

func (s *Server) hesitate(ctx context.Context) {
	over := make(chan struct{})
	t := s.opt.Clock.AfterFunc(hesitation, func() { close(over) })
	defer t.Stop()
	select {
	case <-over:
	case <-ctx.Done():
	case <-s.pace.stopped:
	}
}

// caller tells whose request it is, counts it, so that no owner takes all there may be, and waits until it is the owner's turn. endCall has to follow.
func (s *Server) caller(h http.Header) (c caller, bad *wire.Error) {
	id, bad := s.verify(bearer(h))
	if bad != nil {
		return c, bad
	}
	c = caller{s.beginCall(id.owner), id.scope}
	if c.owner == nil {
		return c, errCalls
	}
	if !c.owner.share.call() {
		s.uncount(c.owner)
		return c, errDraining
	}
	return c, nil
}

func (s *Server) beginCall(name string) *owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owner(name)
	if o.calls >= s.opt.MaxOwnerCalls {
		return nil
	}
	o.calls++
	return o
}

func (s *Server) endCall(c caller) {
	c.owner.share.land(callWeight - 1)
	s.uncount(c.owner)
}

// request hands a request of a call's to the bus. It counts until it is answered, though its client may be gone, and the call over.
func (s *Server) request(c caller, r bus.Request) {
	share, reply := &c.owner.share, r.Reply
	share.book(1)
	r.Reply = func(r bus.Reply) {
		share.land(1)
		reply(r)
	}
	s.opt.Bus.Request(r)
}

func (s *Server) uncount(o *owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.calls--
	s.forget(o)
}

// beginLarge counts a large body, which endLarge has to follow, unless there are too many.
func (s *Server) beginLarge(o *owner) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.large >= largeBodies || o.large >= largeBodiesOwn {
		return false
	}
	s.large++
	o.large++
	return true
}

func (s *Server) endLarge(o *owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.large--
	o.large--
}
