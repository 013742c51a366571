package web

import (
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

const testManifest = `{"build":"b1","assets":{
	"wab.js":{"file":"wab-aaaa.js","integrity":"sha384-x"},
	"wab.wasm":{"file":"wab-bbbb.wasm","integrity":"sha384-y"},
	"gone.js":{"file":"gone-cccc.js","integrity":"sha384-z"}}}`

func testSite() *site {
	return newSite(fstest.MapFS{
		"manifest.json":    {Data: []byte(testManifest)},
		".stamp":           {Data: []byte("secret-ish")},
		"wab-aaaa.js":      {Data: []byte("plain js")},
		"wab-aaaa.js.br":   {Data: []byte("brotli js")},
		"wab-aaaa.js.gz":   {Data: []byte("gzip js")},
		"wab-bbbb.wasm":    {Data: []byte("\x00asm")},
		"wab-bbbb.wasm.gz": {Data: []byte("gzip wasm")},
	})
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTypesAndCaching(t *testing.T) {
	s := testSite()
	for _, c := range []struct{ path, mime, cache string }{
		{"/wab/wab-aaaa.js", "text/javascript; charset=utf-8", cacheForever},
		{"/wab/wab.js", "text/javascript; charset=utf-8", cacheAsk},
		{"/wab/wab-bbbb.wasm", "application/wasm", cacheForever},
		{"/wab/manifest.json", "application/json", cacheAsk},
	} {
		res := get(t, s, c.path)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != c.mime || res.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %d %v", c.path, res.StatusCode, res.Header)
		}
		for key, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
			"X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
		} {
			if got := res.Header.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", c.path, key, got, want)
			}
		}
	}
}

func TestEncodingIsNegotiated(t *testing.T) {
	s := testSite()
	for _, c := range []struct{ accept, enc, body string }{
		{"", "", "plain js"},
		{"gzip, deflate, br, zstd", "br", "brotli js"},
		{"gzip", "gzip", "gzip js"},
		{"X-GZIP", "gzip", "gzip js"},
		{"br;q=0, gzip", "gzip", "gzip js"},
		{"br;q=0, gzip;q=0", "", "plain js"},
		{"br;q=0.2, gzip;q=0.8", "gzip", "gzip js"},
		{"*", "br", "brotli js"},
		{"*;q=0", "", "plain js"},
		{"br;q=0,*;q=0.5", "gzip", "gzip js"},
		{"identity, gzip;q=0.5", "", "plain js"},
		{"br;q=nonsense", "", "plain js"},
		{"br;q=7", "", "plain js"},
		{"deflate", "", "plain js"},
	} {
		res := get(t, s, "/wab/wab.js", "Accept-Encoding", c.accept)
		if got := body(t, res); got != c.body || res.Header.Get("Content-Encoding") != c.enc {
			t.Errorf("%q: %q, coding %q", c.accept, got, res.Header.Get("Content-Encoding"))
		}
	}
}

func TestMissingTwinFallsBack(t *testing.T) {
	res := get(t, testSite(), "/wab/wab.wasm", "Accept-Encoding", "br, gzip;q=0.1")
	if res.Header.Get("Content-Encoding") != "gzip" || body(t, res) != "gzip wasm" {
		t.Errorf("%v", res.Header)
	}
}

func TestETagsDifferByCodingAndMatch(t *testing.T) {
	s := testSite()
	plain := get(t, s, "/wab/wab.js").Header.Get("ETag")
	br := get(t, s, "/wab/wab.js", "Accept-Encoding", "br").Header.Get("ETag")
	if plain == "" || br == "" || plain == br {
		t.Fatalf("tags %q and %q", plain, br)
	}
	if res := get(t, s, "/wab/wab.js", "Accept-Encoding", "br", "If-None-Match", br); res.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged asset: %d", res.StatusCode)
	}
	if res := get(t, s, "/wab/wab.js", "If-None-Match", br); res.StatusCode != http.StatusOK {
		t.Errorf("another coding's tag: %d", res.StatusCode)
	}
}

func TestOnlyManifestNamesAreServed(t *testing.T) {
	s := testSite()
	for _, path := range []string{"/wab/", "/wab/.stamp", "/wab/.keep", "/wab/wab-aaaa.js.br", "/wab/../web.go", "/wab/nothing.js", "/wab/wab-old0.js"} {
		if res := get(t, s, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res := get(t, s, "/wab/gone.js"); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("a file that the manifest names and is not there: %d", res.StatusCode)
	}
}

func TestMethods(t *testing.T) {
	for method, want := range map[string]int{"HEAD": 200, "OPTIONS": 204, "POST": 405, "DELETE": 405} {
		w := httptest.NewRecorder()
		testSite().ServeHTTP(w, httptest.NewRequest(method, "/wab/wab.js", nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", method, w.Code, want)
		}
	}
}

func TestEmptyDistSaysWhatToDo(t *testing.T) {
	s := newSite(fstest.MapFS{".keep": {}})
	res := get(t, s, "/wab/wab.js")
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body(t, res), "make build") {
		t.Errorf("%d", res.StatusCode)
	}
	if path, sri := s.asset("wab.js"); path != "" || sri != "" || s.build() != "none" {
		t.Errorf("%q %q %q", path, sri, s.build())
	}
}

func TestAsset(t *testing.T) {
	path, sri := testSite().asset("wab.js")
	if path != "/wab/wab-aaaa.js" || sri != "sha384-x" {
		t.Errorf("%q %q", path, sri)
	}
}

// What is embedded in this very binary must be whole: each file as its integrity says, and each twin the same.
func TestEmbeddedBuildIsWhole(t *testing.T) {
	s := embedded()
	if s.err != nil {
		t.Fatal("nothing is built: run make build")
	}
	for name, a := range s.m.Assets {
		plain := body(t, get(t, s, Prefix+a.File))
		sum := sha512.Sum384([]byte(plain))
		if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != a.Integrity {
			t.Errorf("%s: integrity %s, the manifest says %s", name, got, a.Integrity)
		}
		br := get(t, s, Prefix+a.File, "Accept-Encoding", "br")
		if got, err := io.ReadAll(brotli.NewReader(br.Body)); err != nil || string(got) != plain {
			t.Errorf("%s: its Brotli twin differs, %v", name, err)
		}
		gz, err := gzip.NewReader(get(t, s, Prefix+a.File, "Accept-Encoding", "gzip").Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(gz); err != nil || string(got) != plain {
			t.Errorf("%s: its gzip twin differs, %v", name, err)
		}
	}
}

func FuzzPreferred(f *testing.F) {
	f.Add("br;q=0.5, gzip;q=1, *;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		q := weights(header)
		for _, enc := range preferred([]string{header}) {
			if q.of(enc) <= 0 || !slices.Contains([]string{"br", "gzip"}, enc) {
				t.Fatalf("%q gives %q", header, enc)
			}
		}
	})
}
