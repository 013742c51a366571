package server

import (
	"io"
	"net/http"
	"time"
)

// A body has to get on, so that nobody holds a request, or a place among the large ones, by sending slowly: each stretch of it within this time.
const (
	bodyStretch   = 256 << 10
	stretchWithin = 10 * time.Second
	ownWithin     = time.Minute // all of what goes to an app's Handler, unless that sets another deadline
)

// body is a request's body whose reading fails when it comes too slowly. The deadlines are the connection's own: one that has been taken over, as by a WebSocket, is
// free of them.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	within  time.Duration // for each stretch; 0 leaves deadlines to whoever reads, who may do so when the handler has returned and control is void
	left    int           // bytes of the stretch
}

// paced returns the request with a body that has to get on. What nobody reads has the time of one stretch: net/http passes over some of it before the next request.
func paced(w http.ResponseWriter, r *http.Request, within time.Duration) *http.Request {
	if r.ContentLength == 0 || r.Body == nil {
		return r
	}
	b := &body{ReadCloser: r.Body, control: http.NewResponseController(w), within: within, left: bodyStretch}
	b.until(within)
	r = r.WithContext(r.Context())
	r.Body = b
	return r
}

// unpaced leaves the deadlines of a body to its reader, beginning with one for all of it, which net/http takes away at the body's end.
func unpaced(r *http.Request) {
	if b, ok := r.Body.(*body); ok {
		b.within = 0
		b.until(ownWithin)
	}
}

func (b *body) until(within time.Duration) {
	_ = b.control.SetReadDeadline(time.Now().Add(within)) // a recorder has none
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.within == 0 {
		return n, err
	}
	b.left -= n
	switch {
	case err == io.EOF:
		_ = b.control.SetReadDeadline(time.Time{}) // the body's, which must not end the wait for the answer
	case err == nil && b.left <= 0:
		b.left = bodyStretch
		b.until(b.within)
	}
	return n, err
}
