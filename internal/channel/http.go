package channel

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Serves tells whether a path is the Handler's, however many slashes it has.
func Serves(path string) bool {
	path = "/" + strings.TrimLeft(path, "/")
	return strings.HasPrefix(path, "/sky/") || strings.HasPrefix(path, "/c/")
}

// large bodies are read a few at a time: nobody who sends them is known. The server sees to it that they get on.
const (
	smallBody   = 64 << 10
	largeBodies = 32
)

var (
	errBigBody = wire.Err(wire.TooLarge, "An event's body has at most 1 MiB.")
	errMethod  = wire.Err(wire.BadRequest, "Events and queries come by GET, POST, PUT, PATCH or DELETE.")
	errKeys    = wire.Err(wire.BadRequest, "An event has one Idempotency-Key.")
	errSlow    = wire.Err(wire.BadRequest, "The body came too slowly, or not all of it. Send it again, over a better connection if it is large.")
	errCrowd   = wire.Retry(wire.Overloaded, "The server reads as many large bodies as it can. Try again shortly.", 1000)
)

// Handler serves the Event API: /sky/event, /sky/cloud and /c. Who has an ECI has the channel, from wherever its page comes: CORS is open.
func (f *Channels) Handler() http.Handler {
	large := make(chan struct{}, largeBodies)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", "Retry-After")
		path, flaw := sky.ParsePath(r.URL.EscapedPath())
		if flaw != nil {
			fail(w, flaw)
			return
		}
		if !takes(r.Method, path.Form) {
			h.Set("Allow", methods)
			answer.ErrorAs(w, http.StatusMethodNotAllowed, errMethod)
			return
		}
		ca, known := f.keys.open(path.ECI)
		if !known {
			fail(w, sky.ErrUnknownECI)
			return
		}
		attributes, flaw := readRequest(w, r, large, &path)
		if flaw == errCrowd || flaw == errSlow { // which has ended the request's context: nobody would wait for the CA
			fail(w, flaw)
			return
		}
		f.serve(w, r, ca, path, attributes, flaw)
	})
}

// methods are the ones by which engines raise events. HEAD asks for what is harmless.
const methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS"

func takes(method string, form sky.Form) bool {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return method == http.MethodHead && form.Query()
}

// readRequest reads what comes with a path: attributes, and an event's id where the path has none. What is wrong with it only those are told whose channel is there.
func readRequest(w http.ResponseWriter, r *http.Request, large chan struct{}, path *sky.Path) (sky.Attributes, *wire.Error) {
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		select {
		case large <- struct{}{}:
			defer func() { <-large }()
		default:
			return nil, errCrowd
		}
	}
	body, flaw := readBody(w, r)
	if flaw != nil {
		return nil, flaw
	}
	if path.EID == "" && !path.Form.Query() {
		if path.EID, flaw = keyOf(r.Header); flaw != nil {
			return nil, flaw
		}
	}
	return sky.ReadAttributes(r.URL.RawQuery, r.Header.Get("Content-Type"), body)
}

// keyOf is the id that a header gives an event whose path has none.
func keyOf(h http.Header) (eid string, flaw *wire.Error) {
	keys := h.Values("Idempotency-Key")
	switch {
	case len(keys) == 0 || len(keys) == 1 && sky.NoID(keys[0]):
		return "", nil
	case len(keys) > 1:
		return "", errKeys
	}
	return keys[0], sky.CheckEID(keys[0])
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *wire.Error) {
	switch {
	case r.ContentLength == 0:
		return nil, nil
	case r.ContentLength > sky.MaxBody:
		return nil, errBigBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sky.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBigBody
	case err != nil:
		return nil, errSlow
	}
	return body, nil
}

func (f *Channels) serve(w http.ResponseWriter, r *http.Request, ca name.Name, path sky.Path, attributes sky.Attributes, flaw *wire.Error) {
	done := make(chan reply, 1)
	f.deliver(ca, path, attributes, flaw, name.Name{}, func(out reply) { done <- out })
	select {
	case out := <-done:
		if out.err != nil {
			fail(w, out.err)
			return
		}
		answer.JSON(w, http.StatusOK, out.body)
	case <-r.Context().Done():
	}
}

// fail answers with an error. One who is told that there is no such channel is told the same whatever the reason.
func fail(w http.ResponseWriter, e *wire.Error) {
	switch {
	case e == sky.ErrMediaType:
		answer.ErrorAs(w, http.StatusUnsupportedMediaType, e)
	default:
		answer.Error(w, e)
	}
}
