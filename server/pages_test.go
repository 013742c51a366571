package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// TestCALL3_FilesOfAnAppLoadInASandboxedFrame: its origin is opaque, so its modules are asked for across origins.
func TestCALL3_FilesOfAnAppLoadInASandboxedFrame(t *testing.T) {
	app := botApp()
	app.Title, app.About, app.Personal = "Bot", "Does as it is told.", true
	app.Web = fstest.MapFS{"part.js": {Data: []byte("export {}")}, "index.html": {Data: []byte("<p>hello</p>")}}
	k := newKit(t, app)
	for path, want := range map[string]string{"/bot/part.js": "*", "/bot/": "", "/": ""} {
		if got := get(t, k.Server, path).Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s may be read by %q, not %q", path, got, want)
		}
	}
	res := get(t, k.Server, "/apps.json")
	body, _ := io.ReadAll(res.Body)
	if want := `[{"name":"bot","title":"Bot","about":"Does as it is told.","personal":true}]`; res.StatusCode != 200 || string(body) != want {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func get(t *testing.T, h http.Handler, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost"+path, nil))
	return w.Result()
}
