package session

import (
	"io"
	"net/http"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/origin"
	"github.com/wabgo/wab/internal/wire"
)

// Items serves GET for paths with the wildcards {app}, {owner}, {ca} and {item}: whoever the CA's policy lets read the item gets what show makes of
// it, a body of JSON. One that fails in the middle is cut off, so that nobody takes it for the whole.
func (s *Server) Items(show func(item name.Name) (io.WriterTo, *wire.Error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.cors(w, r)
		switch r.Method {
		case http.MethodOptions:
			origin.Preflight(w, "Authorization")
			return
		case http.MethodGet, http.MethodHead:
		default:
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			answer.ErrorAs(w, http.StatusMethodNotAllowed, wire.Err(wire.BadRequest, "This is read with GET; methods of the CA change it."))
			return
		}
		s.serveCaller(w, r, func(c caller) *wire.Error { return s.item(w, r, c, show) })
	})
}

func (s *Server) item(w http.ResponseWriter, r *http.Request, c caller, show func(name.Name) (io.WriterTo, *wire.Error)) *wire.Error {
	item := name.Name{App: r.PathValue("app"), Owner: r.PathValue("owner"), Local: r.PathValue("ca"), Item: r.PathValue("item")}
	if item.Check() != nil {
		return wire.Err(wire.BadRequest, "The path names an app, an owner, a CA and one of its items, in a-z, 0-9 and '-'.")
	}
	admitted := make(chan *wire.Error, 1)
	s.request(c, bus.Request{
		Caller: c.caller(), To: item.CA(), Method: item.Item,
		Reply: func(r bus.Reply) { admitted <- r.Err },
	})
	select {
	case bad := <-admitted:
		if bad != nil {
			return bad
		}
	case <-r.Context().Done():
		return nil
	}
	body, bad := show(item)
	if bad != nil {
		return bad
	}
	answer.JSON(w, http.StatusOK, nil)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := body.WriteTo(w); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
