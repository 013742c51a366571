package web

import (
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// site serves one set of assets.
type site struct {
	fsys   fs.FS
	m      manifest
	err    error           // why there is no manifest
	hashed map[string]bool // files
}

func newSite(fsys fs.FS) *site {
	s := &site{fsys: fsys, hashed: map[string]bool{}}
	s.m, s.err = readManifest(fsys)
	for _, a := range s.m.Assets {
		s.hashed[a.File] = true
	}
	return s
}

func (s *site) asset(name string) (path, integrity string) {
	a, ok := s.m.Assets[name]
	if !ok {
		return "", ""
	}
	return Prefix + a.File, a.Integrity
}

func (s *site) read(name string) ([]byte, error) {
	a, ok := s.m.Assets[name]
	if !ok {
		return nil, fmt.Errorf("web: %s has not been built; run: make build", name)
	}
	return fs.ReadFile(s.fsys, a.File)
}

func (s *site) build() string {
	if s.err != nil {
		return "none"
	}
	return s.m.Build
}

const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheAsk     = "no-cache"
)

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setAccess(w.Header())
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.serveName(w, r, strings.TrimPrefix(r.URL.Path, Prefix))
	case http.MethodOptions:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allowed)
		http.Error(w, "assets can only be read", http.StatusMethodNotAllowed)
	}
}

const allowed = "GET, HEAD, OPTIONS"

// setAccess lets pages of any origin load the assets, isolated pages included.
func setAccess(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}

func (s *site) serveName(w http.ResponseWriter, r *http.Request, name string) {
	if s.err != nil {
		http.Error(w, "The web assets have not been built. Run: make build", http.StatusServiceUnavailable)
		return
	}
	if s.hashed[name] {
		s.serveFile(w, r, name, name, cacheForever)
		return
	}
	if a, ok := s.m.Assets[name]; ok {
		s.serveFile(w, r, a.File, a.File, cacheAsk)
		return
	}
	if name == manifestName {
		s.serveFile(w, r, name, s.m.Build, cacheAsk)
		return
	}
	http.Error(w, "No such asset. If a page asked for it, reload the page: the server has a newer build.", http.StatusNotFound)
}

// serveFile answers with the file or its best twin. tag names the content.
func (s *site) serveFile(w http.ResponseWriter, r *http.Request, file, tag, cache string) {
	h := w.Header()
	h.Set("Content-Type", contentType(file))
	h.Set("Cache-Control", cache)
	h.Add("Vary", "Accept-Encoding")
	if strings.HasSuffix(file, ".js") {
		h.Set("Cross-Origin-Embedder-Policy", "require-corp") // a worker script needs it to start from an isolated page
	}
	f, enc, err := s.open(file, r.Header.Values("Accept-Encoding"))
	if err != nil {
		http.Error(w, "The asset is missing from this build. Run: make build", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	if enc != "" {
		h.Set("Content-Encoding", enc)
		tag += "." + enc
	}
	h.Set("ETag", `"`+tag+`"`)
	content, ok := f.(io.ReadSeeker)
	if !ok {
		http.Error(w, "The asset can't be read.", http.StatusInternalServerError)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, content)
}

// open finds the twin that the client likes best, or the file as it is.
func (s *site) open(file string, accept []string) (fs.File, string, error) {
	for _, enc := range preferred(accept) {
		f, err := s.fsys.Open(file + suffixes[enc])
		if err == nil {
			return f, enc, nil
		}
	}
	f, err := s.fsys.Open(file)
	return f, "", err
}

// suffixes of the twins, by content coding.
var suffixes = map[string]string{"br": ".br", "gzip": ".gz"}

// contentType doesn't depend on the machine's MIME tables for what matters.
func contentType(file string) string {
	switch path.Ext(file) {
	case ".wasm":
		return "application/wasm"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(file)); t != "" {
		return t
	}
	return "application/octet-stream"
}
