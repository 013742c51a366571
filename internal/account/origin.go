package account

import (
	"net/http"

	"github.com/wabgo/wab/internal/origin"
	"github.com/wabgo/wab/internal/wire"
)

// guardOrigin keeps pages of other origins out unless they are listed, and answers the browser's question beforehand (CORS).
func (a *Accounts) guardOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.origins.Allow(w.Header(), r)
		switch {
		case !a.origins.Admits(r):
			writeError(w, wire.Err(wire.NotAllowed, "Pages of this origin may not use this server: its operator can allow it with --allow-origin."))
		case r.Method == http.MethodOptions:
			origin.Preflight(w, "Authorization, Content-Type")
		default:
			next.ServeHTTP(w, r)
		}
	})
}
