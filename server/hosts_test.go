package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOPS1_InDevelopmentOnlyKnownHostsAreServed(t *testing.T) {
	k := newKit(t, botApp())
	k.opt.PublicURL = "https://wab.example.org"
	h := k.routes()
	for host, status := range map[string]int{
		"localhost:8080": 200, "app.localhost": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "192.168.1.7": 200, "wab.example.org": 200,
		"evil.example.com": 421, "localhost.evil.example.com:8080": 421, "127.0.0.1.evil.example": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s: %d, want %d", host, w.Code, status)
		}
	}
}
