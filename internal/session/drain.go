package session

import (
	"context"
	"math/rand/v2"

	"github.com/wabgo/wab/internal/wire"
)

// Drain refuses what is new with unavailable, lets what is in flight be answered, and says bye to every client, spread over DrainSpread
// so that they don't come back all at once. A client that takes nothing for DrainPatience of what is left for it, or does not close when it has all, is cut off: it is told
// nothing new by waiting, and what it has asked for is durable. It returns when all are gone, or with ctx's error; Close then ends the rest.
func (s *Server) Drain(ctx context.Context) error {
	s.draining.Store(true)
	s.hasten()
	for _, c := range s.all() {
		if c.flying.Load() == 0 {
			s.drained(c)
		}
	}
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gone.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for (len(s.conns) > 0 || s.calls.Load() > 0) && ctx.Err() == nil {
		s.gone.Wait()
	}
	if len(s.conns) > 0 || s.calls.Load() > 0 {
		return ctx.Err()
	}
	return nil
}

// drained sends a client away that has all its answers.
func (s *Server) drained(c *Conn) {
	after := rand.Int64N(max(s.opt.DrainSpread.Milliseconds(), 1))
	c.bye(wire.Bye{Code: wire.Unavailable, Message: "The server is about to restart.", ReconnectAfter: after}, wire.CloseRestart, true)
}
