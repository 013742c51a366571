package origin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// List is the origins of other sites whose pages may come, as https://example.org; "*" stands for all. A sandboxed page's origin is "null", which only "*" lets in.
type List []string

// Admits tells whether the page that a request comes from may use the server.
func (l List) Admits(r *http.Request) bool {
	from := r.Header.Get("Origin")
	return from == "" || sameHost(from, r.Host) || l.has(from)
}

// Allow lets pages of listed origins read the answer to a request. It reports whether the request's page is one of them.
func (l List) Allow(h http.Header, r *http.Request) bool {
	h.Add("Vary", "Origin")
	from := r.Header.Get("Origin")
	if from == "" || !l.has(from) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", from)
	return true
}

// Preflight answers a browser that asks whether it may send a POST with certain headers; Allow has come before.
func Preflight(w http.ResponseWriter, headers string) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", http.MethodPost)
		h.Set("Access-Control-Allow-Headers", headers)
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

func (l List) has(from string) bool {
	return slices.ContainsFunc(l, func(o string) bool { return o == "*" || strings.EqualFold(o, from) })
}

func sameHost(from, host string) bool {
	u, err := url.Parse(from)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
