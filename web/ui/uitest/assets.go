package uitest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/wabgo/wab/web"
)

// Serve serves pages with scripts and styles bundled from their sources as they are now, whatever was built before. A page's script may run on a client of
// the test's own: clientModule is the path of a TypeScript file that stands for @wabgo/client, or empty for the real one.
func Serve(t testing.TB, pages http.Handler, clientModule string) *httptest.Server {
	t.Helper()
	a := &assets{t: t, root: root(), client: clientModule}
	mux := http.NewServeMux()
	mux.Handle(web.Prefix, a)
	mux.Handle("/", withoutIntegrity(pages))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// root is the module's folder.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

type assets struct {
	t            testing.TB
	root, client string
}

// hash is what tools/build puts into a name.
var hash = regexp.MustCompile(`-[a-z2-7]{16}(\.\w+)$`)

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := hash.ReplaceAllString(strings.TrimPrefix(r.URL.Path, web.Prefix), "$1")
	app, file, _ := strings.Cut(name, "-")
	source := filepath.Join(a.root, "examples", app, "page", file)
	if app == "ui" {
		source = filepath.Join(a.root, "web", "ui", file)
	}
	kind := "text/css"
	if path.Ext(file) == ".js" {
		source, kind = strings.TrimSuffix(source, ".js")+".ts", "text/javascript"
	}
	code, err := a.bundle(source)
	if err != "" {
		a.t.Errorf("bundle %s: %s", name, err)
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(code)
}

func (a *assets) bundle(source string) ([]byte, string) {
	options := api.BuildOptions{
		EntryPoints: []string{source}, AbsWorkingDir: a.root, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Outdir: a.root,
		Define: map[string]string{"WORKER_FILE": `"none"`, "WORKER_INTEGRITY": `""`},
	}
	if a.client != "" {
		options.Alias = map[string]string{"@wabgo/client": a.client}
	}
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, result.Errors[0].Text
	}
	return result.OutputFiles[0].Contents, ""
}

var integrity = regexp.MustCompile(` integrity="[^"]*"`)

// withoutIntegrity lets a page load what was bundled just now under the name of an earlier build.
func withoutIntegrity(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		for key, values := range rec.Header() {
			w.Header()[key] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		w.Write(integrity.ReplaceAll(bytes.Clone(rec.Body.Bytes()), nil))
	})
}
