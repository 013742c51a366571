package client

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
)

// serve serves an app with one page from an empty folder, and tells where the page is.
func serve(t *testing.T, app string, ca func() server.CA, page string) (url string) {
	t.Helper()
	files := fs.FS(fstest.MapFS{"index.html": {Data: []byte(page)}})
	return serveApp(t, server.App{Name: app, New: ca, Web: files})
}

// serveApp serves an app from an empty folder, and tells where it is.
func serveApp(t *testing.T, app server.App) (url string) {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true}, app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	host := httptest.NewServer(s)
	t.Cleanup(host.Close)
	t.Cleanup(func() { s.Drain(context.Background()) })
	return host.URL + "/" + app.Name + "/"
}

// open opens a page in a tab, and waits until it is ready.
func open(t *testing.T, chromium *browser.Browser, url string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(url)
	tab.Until(`window.ready`)
	return tab
}
