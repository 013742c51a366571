package session

import (
	"net/http"

	"github.com/wabgo/wab/internal/answer"
)

// Counted has calls that others serve count like the API's: refused while the server drains or has too many, and waited for when it drains.
func (s *Server) Counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.exit()
		if busy := s.enter(); busy != nil {
			answer.Error(w, busy)
			return
		}
		h.ServeHTTP(w, r)
	})
}
