package session

import (
	"net/http"
	"sync"

	"github.com/wabgo/wab/internal/wire"
)

var errCalls = wire.Retry(wire.Overloaded, "You have too many requests at once. Wait for some to be answered.", 1000)

// callers counts each owner's HTTP requests in progress, so that none takes all there may be.
type callers struct {
	mu    sync.Mutex
	calls map[string]int
}

// caller tells whose request it is, and counts it until done is called.
func (s *Server) caller(h http.Header) (id *identity, done func(), bad *wire.Error) {
	id, bad = s.verify(bearer(h))
	if bad != nil {
		return nil, nil, bad
	}
	if !s.callers.begin(id.owner, s.opt.MaxOwnerCalls) {
		return nil, nil, errCalls
	}
	return id, func() { s.callers.end(id.owner) }, nil
}

func (c *callers) begin(owner string, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[owner] >= limit {
		return false
	}
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[owner]++
	return true
}

func (c *callers) end(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[owner]--; c.calls[owner] == 0 {
		delete(c.calls, owner)
	}
}
