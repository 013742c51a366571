package session

import (
	"net/http"

	"github.com/wabgo/wab/internal/origin"
)

// origins are the pages that may use the server beside those of its own host.
func (s *Server) origins() origin.List { return s.opt.Origins }

// cors lets pages of listed origins read answers, and when they may ask again.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) {
	if s.origins().Allow(w.Header(), r) {
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
}
