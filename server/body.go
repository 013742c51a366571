package server

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// A body has to get on, so that nobody holds a request, or a place among the large ones, by sending slowly: each stretch of it within this time.
const (
	bodyStretch   = 256 << 10
	stretchWithin = 10 * time.Second
	ownWithin     = time.Minute // all of what goes to an app's Handler, unless that sets another deadline
)

// bodies are those that come in.
type bodies struct {
	mu      sync.Mutex
	all     map[*body]struct{}
	hurried bool // the server ends: who sends nothing for as long as its patience is cut off
}

// body is a request's body whose reading fails when it comes too slowly. The deadlines are the connection's own: one that has been taken over, as by a WebSocket, is
// free of them.
type body struct {
	io.ReadCloser
	of      *bodies
	control *http.ResponseController
	left    int // bytes of the stretch; the reader's

	// Guarded by bodies.mu:
	within time.Duration // for each stretch; 0 leaves deadlines to whoever reads, who may do so when the handler has returned and control is void
	over   bool          // it is here, or the handler has returned
}

// paced returns the request with a body that has to get on, and what ends that with the handler. What nobody reads has the time of one stretch: net/http passes over some
// of it before the next request.
func (all *bodies) paced(w http.ResponseWriter, r *http.Request, within time.Duration) (_ *http.Request, done func()) {
	if r.ContentLength == 0 || r.Body == nil {
		return r, func() {}
	}
	b := &body{ReadCloser: r.Body, of: all, control: http.NewResponseController(w), within: within, left: bodyStretch}
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.all == nil {
		all.all = map[*body]struct{}{}
	}
	all.all[b] = struct{}{}
	b.until(b.time())
	r = r.WithContext(r.Context())
	r.Body = b
	return r, func() { b.end(false) }
}

// hurry has bodies come without a pause from now on.
func (all *bodies) hurry() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.hurried = true
	for b := range all.all {
		if b.within != 0 {
			b.until(b.time())
		}
	}
}

// unpaced leaves the deadlines of a body to its reader, beginning with one for all of it, which net/http takes away at the body's end.
func unpaced(r *http.Request) {
	if b, ok := r.Body.(*body); ok {
		b.of.mu.Lock()
		defer b.of.mu.Unlock()
		b.within = 0
		b.until(ownWithin)
	}
}

// time is what a stretch has, or whatever comes next of it when the server ends. Call with bodies.mu held.
func (b *body) time() time.Duration {
	if b.of.hurried {
		return min(b.within, patience)
	}
	return b.within
}

// until is called with bodies.mu held.
func (b *body) until(within time.Duration) {
	if !b.over {
		_ = b.control.SetReadDeadline(time.Now().Add(within)) // a recorder has none
	}
}

// end leaves a body alone. One that is here has no deadline any more: it would end the wait for the answer.
func (b *body) end(here bool) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if here && !b.over && b.within != 0 {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	b.over = true
	delete(b.of.all, b)
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.end(true)
	case err == nil:
		b.got(n)
	}
	return n, err
}

// got gives the next stretch its time.
func (b *body) got(n int) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	b.left -= n
	if b.within != 0 && (b.left <= 0 || b.of.hurried) {
		b.left = bodyStretch
		b.until(b.time())
	}
}
