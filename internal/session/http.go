package session

import (
	"errors"
	"io"
	"net/http"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/origin"
	"github.com/wabgo/wab/internal/wire"
)

const maxKey = 128 // bytes of an Idempotency-Key

// Handler serves GET /api/session and POST /api/{app}/{owner}/{ca}/{method}. Other paths under /api/ are the features', else not found.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/session", s.upgrade)
	mux.HandleFunc("/api/{app}/{owner}/{ca}/{method}", s.call)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer.Error(w, wire.Err(wire.NotFound, "There is nothing here. Methods are called with POST /api/{app}/{owner}/{ca}/{method}."))
	})
	return mux
}

// call serves one request over HTTP.
func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	s.cors(w, r)
	switch r.Method {
	case http.MethodOptions:
		origin.Preflight(w, "Authorization, Content-Type, Idempotency-Key")
		return
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "OPTIONS, POST")
		answer.ErrorAs(w, http.StatusMethodNotAllowed, wire.Err(wire.BadRequest, "Methods are called with POST."))
		return
	}
	s.serveCaller(w, r, func(c caller) *wire.Error {
		req, bad := s.httpRequest(w, r, c)
		if bad == nil {
			s.await(w, r, c, req)
		}
		return bad
	})
}

// await hands the request to the bus and writes what comes back, unless the client is gone by then.
func (s *Server) await(w http.ResponseWriter, r *http.Request, c caller, req bus.Request) {
	done := make(chan bus.Reply, 1)
	req.Reply = func(r bus.Reply) { done <- r }
	s.request(c, req)
	select {
	case reply := <-done:
		writeReply(w, reply)
	case <-r.Context().Done():
	}
}

// httpRequest reads a request of somebody who is known: nobody learns anything without a token.
func (s *Server) httpRequest(w http.ResponseWriter, r *http.Request, c caller) (req bus.Request, bad *wire.Error) {
	req.Caller = c.caller()
	req.To = name.Name{App: r.PathValue("app"), Owner: r.PathValue("owner"), Local: r.PathValue("ca")}
	req.Method = r.PathValue("method")
	if req.To.Check() != nil || len(req.Method) > wire.MaxMethod {
		return req, wire.Err(wire.BadRequest, "The path is /api/{app}/{owner}/{ca}/{method}, names in a-z, 0-9 and '-', a method of at most 64 bytes.")
	}
	if req.Key, bad = idempotencyKey(r.Header); bad != nil {
		return req, bad
	}
	if r.ContentLength >= 0 && r.ContentLength <= smallBody {
		req.Args, bad = s.arguments(w, r)
		return req, bad
	}
	if !s.beginLarge(c.owner) {
		return req, errCalls
	}
	defer s.endLarge(c.owner)
	req.Args, bad = s.arguments(w, r)
	return req, bad
}

func idempotencyKey(h http.Header) (bus.Key, *wire.Error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return bus.Key{}, nil
	}
	key := values[0]
	ok := len(values) == 1 && key != "" && len(key) <= maxKey
	for i := 0; ok && i < len(key); i++ {
		ok = key[i] > ' ' && key[i] <= '~'
	}
	if !ok {
		return bus.Key{}, wire.Err(wire.BadRequest, "An Idempotency-Key is one text of 1 to 128 visible ASCII characters.")
	}
	return bus.Key{Text: key}, nil
}

// arguments reads the body: a JSON array, or nothing for none. Whatever type it is said to be, it is read as JSON: a header, not a cookie, says who asks, so no
// foreign page gains anything by calling it otherwise, and curl -d just works.
func (s *Server) arguments(w http.ResponseWriter, r *http.Request) (cbor.Raw, *wire.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.opt.MaxBody)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBigBody
	case err != nil:
		return nil, wire.Err(wire.BadRequest, "The body did not come, or too slowly. Send it again, without a pause.")
	}
	if len(body) == 0 {
		return cbor.AppendArrayHeader(nil, 0), nil
	}
	args, err := jsoncbor.FromJSON(body, s.opt.MaxBody)
	if err != nil {
		return nil, coded(err, wire.BadRequest, "The body is not JSON, or nests too deep.")
	}
	if cbor.KindOf(args) != cbor.KindArray {
		return nil, wire.Err(wire.BadRequest, "The body is a JSON array of the method's arguments.")
	}
	return args, nil
}

var errBusy = wire.Retry(wire.Overloaded, "The server has too many requests at once. Try again shortly.", 1000)
var errBigBody = wire.Err(wire.TooLarge, "The body is larger than the server takes.")

// enter counts a call, and refuses it if the server drains or has too many.
func (s *Server) enter() *wire.Error {
	n := s.calls.Add(1)
	switch {
	case s.draining.Load():
		return errDraining
	case n > int64(s.opt.MaxCalls):
		return errBusy
	}
	return nil
}

func (s *Server) exit() {
	if s.calls.Add(-1) == 0 && s.draining.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gone.Broadcast()
	}
}
