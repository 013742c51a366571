package whiteboard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// gate stands between one browser and the server, and can be shut.
type gate struct {
	front *httptest.Server
	mu    sync.Mutex
	shut  func(path string) bool // guarded by mu
	ends  context.CancelFunc     // of what is under way; guarded by mu
	ctx   context.Context        // guarded by mu
}

func newGate(t *testing.T, server string) *gate {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{}
	g.Mend()
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	g.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shut, ctx := g.state()
		if shut(r.URL.Path) {
			http.Error(w, "shut", http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(func() {
		g.close(func(string) bool { return true })
		g.front.Close()
	})
	return g
}

func (g *gate) state() (func(string) bool, context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut, g.ctx
}

func (g *gate) URL() string { return g.front.URL }

// Cut ends all that is under way, and lets nothing through.
func (g *gate) Cut() { g.close(func(string) bool { return true }) }

// Silence ends sessions and lets none begin; pages are still served.
func (g *gate) Silence() { g.close(func(path string) bool { return path == "/api/session" }) }

// Mend lets everything through.
func (g *gate) Mend() { g.close(func(string) bool { return false }) }

func (g *gate) close(shut func(string) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ends != nil {
		g.ends()
	}
	g.shut = shut
	g.ctx, g.ends = context.WithCancel(context.Background())
}
