package session

import (
	"net/http"
	"sync"

	"github.com/wabgo/wab/internal/wire"
)

// Bodies beyond smallBody take much memory while they are read: there may be so many at a time, of one owner and of all.
const (
	smallBody      = 1 << 20
	largeBodies    = 32
	largeBodiesOwn = 4
)

var errCalls = wire.Retry(wire.Overloaded, "You have too many requests at once. Wait for some to be answered.", 1000)

// callers counts each owner's HTTP requests in progress, so that none takes all there may be.
type callers struct {
	mu    sync.Mutex
	calls map[string]int
	large map[string]int // with a large body
	total int            // of those
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

// beginLarge counts a large body, which endLarge has to follow, unless there are too many.
func (c *callers) beginLarge(owner string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= largeBodies || c.large[owner] >= largeBodiesOwn {
		return false
	}
	if c.large == nil {
		c.large = map[string]int{}
	}
	c.total++
	c.large[owner]++
	return true
}

func (c *callers) endLarge(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.large[owner]--; c.large[owner] == 0 {
		delete(c.large, owner)
	}
}

func (c *callers) end(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[owner]--; c.calls[owner] == 0 {
		delete(c.calls, owner)
	}
}
