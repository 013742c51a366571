package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/examples/counter"
	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
)

// serveWab runs a wab server that lets pages of these origins use it.
func serveWab(t *testing.T, origins ...string) (url string) {
	if web.BuildID() == "none" {
		t.Skip("the web assets are not built: make build")
	}
	ctx, cancel := context.WithCancel(context.Background())
	lines, ready := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		o := server.Options{Data: t.TempDir(), Dev: true, Origins: origins, Ready: ready, Logger: slog.New(slog.DiscardHandler)}
		ended <- server.Serve(ctx, o, counter.App)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}

// servePage serves the page from an origin of its own, which is known before the server that it uses.
func servePage(t *testing.T) (origin string, use func(server string)) {
	var page http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	return s.URL, func(server string) { page = handler(server, "alice") }
}

func TestPageOfAnotherOriginCounts(t *testing.T) {
	origin, use := servePage(t)
	wab := serveWab(t, origin)
	use(wab)
	chromium := browser.Start(t)
	for i, look := range browser.Looks {
		tab := chromium.Tab(t, look)
		tab.Open(origin)
		tab.Until(`document.querySelector("[data-wab-state]").textContent === "live"`)
		want := []string{"1", "2", "3", "4"}[i]
		tab.Do(chromedp.Click(`[aria-label="One more"]`))
		tab.Until(`document.querySelector("output").textContent === "` + want + `"`)
		tab.Shoot("embed")
		tab.Check()
	}
	own := chromium.Tab(t, browser.Looks[0])
	own.Open(wab + "/counter/?ca=alice/home")
	own.Until(`document.activeElement.id === "owner"`) // another origin: nobody is signed in here yet
}

func TestOPS1_PageOfAnOriginThatIsNotListedIsKeptOut(t *testing.T) {
	origin, use := servePage(t)
	use(serveWab(t, "http://somebody.example"))
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("blocked by CORS policy", "net::ERR_FAILED")
	tab.Open(origin)
	tab.Until(`document.querySelector("[data-wab-state]").textContent.startsWith("refused")`)
	tab.Shoot("embed-refused")
	if got := tab.Text("output"); got != "–" {
		t.Errorf("the page shows %q", got)
	}
}

func TestOriginOf(t *testing.T) {
	for in, want := range map[string]string{
		"http://localhost:8080": "http://localhost:8080", "https://wab.example/x?y": "https://wab.example",
		"localhost:8080": "", "": "", "ftp://x": "", "javascript:alert(1)": "",
	} {
		if got, err := originOf(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}
