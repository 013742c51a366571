package ui

import "net/http"

// Secure sets the headers of a page of ours: its content security policy, no sniffing, no referrer to other sites, and asking again before a copy is shown.
// An app that needs more sets its own policy afterwards.
func Secure(h http.Header) {
	h.Set("Content-Security-Policy", policy("", ""))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}

// policy allows what our pages need: their own files, sockets to this server, WebAssembly, and workers made from blobs of theirs. 'self' covers the sockets to
// the same host (CSP 3). scripts and styles are more sources of these.
func policy(scripts, styles string) string {
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" + scripts + "; style-src 'self'" + styles + "; img-src 'self' data: blob:; " +
		"font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; " +
		"frame-ancestors 'self'"
}
