package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/wabgo/wab/web/ui"
)

// knownHosts answers only by names that no stranger can point here. With Dev anybody who reaches the server may sign in as anybody: a foreign page whose name is
// made to resolve to this machine (DNS rebinding) must not count as reaching it. Addresses are safe, for they are not resolved.
func (s *Server) knownHosts(next http.Handler) http.Handler {
	public := ""
	if u, err := url.Parse(s.opt.PublicURL); err == nil {
		public = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostname(r.Host); !local(host) && !strings.EqualFold(host, public) {
			ui.WriteFault(w, r, ui.FaultProps{
				Status: http.StatusMisdirectedRequest, Title: "This server goes by another name",
				Line: "In development it answers by address, as localhost, or by the name in --public-url.",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func local(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}
