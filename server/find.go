package server

import (
	"context"
	"net/http"
	"sync"

	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/discovery"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// searches are what CAs have looked up in the process, each on a goroutine of its own: what they call is bounded by the client for outgoing calls.
type searches struct {
	finder  *discovery.Discovery
	ctx     context.Context // ends with the server
	end     context.CancelFunc
	running sync.WaitGroup
}

func newSearches(finder *discovery.Discovery) *searches {
	ctx, end := context.WithCancel(context.Background())
	return &searches{finder: finder, ctx: ctx, end: end}
}

// Close ends all searches, and waits for them: they read the store, which is closed next. Nobody asks for any more by then.
func (s *searches) Close() error {
	s.end()
	s.running.Wait()
	return nil
}

// resolve carries the calls that look up an address.
func (s *searches) resolve(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	target, ok := channel.ResolveTarget(call)
	return s.begin(done, func(ctx context.Context) ([]byte, *wire.Error) {
		if !ok {
			return nil, wire.Err(wire.BadRequest, "The address is malformed.")
		}
		found, flaw := s.finder.Resolve(ctx, from.Owner, target)
		return channel.Resolved(found.Host, found.ECI), flaw
	})
}

// verify carries the calls that ask an asker's server for its key.
func (s *searches) verify(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	w, ok := channel.VerifyWord(call)
	return s.begin(done, func(ctx context.Context) ([]byte, *wire.Error) {
		if !ok {
			return nil, wire.Err(wire.BadRequest, "The signature is malformed.")
		}
		who, flaw := s.finder.Verify(ctx, from.Owner, w.Vouch, w.Host, discovery.Request{Doorbell: w.Doorbell, Back: w.Back, ID: w.ID})
		return channel.Verified(who), flaw
	})
}

// begin runs a search, and has done called with what it finds.
func (s *searches) begin(done func(outgoing.Answer, *wire.Error), search func(context.Context) ([]byte, *wire.Error)) (cancel func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	s.running.Go(func() {
		defer cancel()
		body, flaw := search(ctx)
		if flaw != nil {
			done(outgoing.Answer{}, flaw)
			return
		}
		done(outgoing.Answer{Status: http.StatusOK, Body: body}, nil)
	})
	return cancel
}
