package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

// serveWab runs the built binary with pages of these origins allowed, as the README says.
func serveWab(t *testing.T, origins ...string) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	flags := []string{"--dev"}
	for _, o := range origins {
		flags = append(flags, "--allow-origin", o)
	}
	return wabproc.Start(t, flags...)
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
	use(wab.URL)
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
	own.Open(wab.URL + "/counter/?ca=alice/home")
	own.Until(`document.activeElement.id === "owner"`) // another origin: nobody is signed in here yet
}

// explained says that the page tells whose leave is missing, and how it is given.
const explained = `document.querySelector("[data-wab-state]").textContent.includes("--allow-origin " + location.origin)`

// With a token nothing is asked of the server but the socket, of whose refusal a browser tells a page nothing.
func TestOPS1_ATokenDoesNotOpenTheServerToAnOriginThatIsNotListed(t *testing.T) {
	wab := serveWab(t)
	tag := fmt.Sprintf(`<!DOCTYPE html><link rel="icon" href="data:,"><script type="module" src="%s/wab/embed.js" data-app="counter" data-token="%s"></script><p data-wab-state>`,
		wab.URL, wab.Guest("alice"))
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, tag)
	}))
	t.Cleanup(page.Close)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("WebSocket connection to")
	tab.Open(page.URL)
	tab.Until(`document.querySelector("[data-wab-state]").textContent.startsWith("offline") && ` + explained)
}

func TestOPS1_PageOfAnOriginThatIsNotListedIsKeptOut(t *testing.T) {
	origin, use := servePage(t)
	use(serveWab(t, "http://somebody.example").URL)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("blocked by CORS policy", "net::ERR_FAILED")
	tab.Open(origin)
	tab.Until(`document.querySelector("[data-wab-state]").textContent.startsWith("refused") && ` + explained)
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
