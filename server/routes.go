package server

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui"
)

// routes lays out the server's addresses.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", s.sessions.Handler())
	mux.HandleFunc("GET /api/calls", s.ways)
	mux.Handle("/api/{app}/{owner}/{ca}/maps/{item}", s.sessions.Items(s.maps.JSON))
	mux.Handle("/account/", s.accounts.Handler())
	mux.Handle(web.Prefix, web.Handler())
	mux.Handle("GET /metrics", s.metrics())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /{$}", s.launcher)
	mux.HandleFunc("GET /apps.json", s.list)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // pages that name no icon ask
	mux.HandleFunc("/", lost)
	for i := range s.apps {
		prefix := "/" + s.apps[i].Name // which is never apps.json: names have no dots
		mux.Handle(prefix+"/", http.StripPrefix(prefix, pages(&s.apps[i])))
	}
	mux.Handle("/.well-known/", s.finder.Handler())
	if s.opt.Dev {
		return s.outside(s.knownHosts(mux))
	}
	return s.outside(mux)
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		say(w, http.StatusServiceUnavailable, "draining")
		return
	}
	say(w, http.StatusOK, "ready")
}

func lost(w http.ResponseWriter, r *http.Request) {
	ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
}

func (s *Server) launcher(w http.ResponseWriter, r *http.Request) {
	cards := make([]ui.AppCard, 0, len(s.apps))
	for _, a := range s.apps {
		cards = append(cards, ui.AppCard{Name: a.Name, Title: a.Title, Line: a.About, Picture: a.Picture})
	}
	ui.Serve(w, r, http.StatusOK, ui.Launcher(cards))
}

// list answers with the launcher's apps, for pages that offer them.
func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	type entry struct {
		Name     string `json:"name"`
		Title    string `json:"title"`
		About    string `json:"about"`
		Personal bool   `json:"personal,omitempty"`
	}
	all := make([]entry, 0, len(s.apps))
	for _, a := range s.apps {
		all = append(all, entry{a.Name, cmp.Or(a.Title, a.Name), a.About, a.Personal})
	}
	body, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts and a bool
	}
	ui.Secure(w.Header())
	answer.JSON(w, http.StatusOK, body)
}

// pages serves an app's files, and what its Handler makes where there is no file.
func pages(a *App) http.Handler {
	files := a.files()
	rest := http.HandlerFunc(lost)
	if a.Handler != nil {
		rest = func(w http.ResponseWriter, r *http.Request) {
			unpaced(r)
			a.Handler.ServeHTTP(w, r)
			if r.MultipartForm != nil {
				_ = r.MultipartForm.RemoveAll() // net/http does so for its own Request only, of which this is a copy
			}
		}
	}
	if files == nil {
		return rest
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Trim(r.URL.Path, "/")
		if path == "" {
			path = "index.html"
		}
		if info, err := fs.Stat(files, path); err != nil || info.IsDir() {
			rest(w, r)
			return
		}
		secure(w.Header(), files, path)
		serve.ServeHTTP(w, r)
	})
}

// secure sets a file's headers. A page may hold scripts and styles of its own: it is the app's as much as its other files are.
func secure(h http.Header, files fs.FS, path string) {
	if strings.HasSuffix(path, ".html") {
		if page, err := fs.ReadFile(files, path); err == nil {
			ui.SecureFile(h, page)
			return
		}
	}
	ui.Secure(h)
	h.Set("Access-Control-Allow-Origin", "*") // modules and styles of pages in a sandboxed frame, whose origin is opaque
}

func (a *App) files() fs.FS {
	if a.Web == nil {
		return nil
	}
	if info, err := fs.Stat(a.Web, "web"); err == nil && info.IsDir() {
		sub, err := fs.Sub(a.Web, "web")
		if err == nil {
			return sub
		}
	}
	return a.Web
}
