package account

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/wire"
)

// guardOrigin keeps pages of other origins out unless they are listed, and answers the browser's question beforehand (CORS). Programs send no Origin and
// are not concerned. The rule is the session's: the same host, or listed. A sandboxed page's origin is "null", which only "*" lets in.
func (a *Accounts) guardOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		h := w.Header()
		h.Add("Vary", "Origin")
		switch {
		case a.listed(origin):
			h.Set("Access-Control-Allow-Origin", origin)
		case origin != "" && !sameHost(origin, r.Host):
			writeError(w, wire.Err(wire.NotAllowed, "Pages of this origin may not use this server: its operator can allow it with --allow-origin."))
			return
		}
		if r.Method == http.MethodOptions {
			preflight(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *Accounts) listed(origin string) bool {
	return origin != "" && slices.ContainsFunc(a.origins, func(o string) bool { return o == "*" || strings.EqualFold(o, origin) })
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

func preflight(w http.ResponseWriter) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}
