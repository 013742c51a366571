package counter

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

// TestAWorkerThatDiesIsNoticed ends the background as a crash of its process would. A port doesn't tell; the page must all the same.
func TestAWorkerThatDiesIsNoticed(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(s.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(live)
	chromium.EndSharedWorkers(t)
	tab.Until(shut + ` && more.disabled && notice.innerText.includes("Reload")`)
	tab.Do(chromedp.Click("#notice button"))
	tab.Until(settledAt("0"))
}

// TestWhatTakesLongIsSaid gives the page a worker that never answers.
func TestWhatTakesLongIsSaid(t *testing.T) {
	s := run(t, "--dev")
	tab := browser.Start(t).Tab(t, browser.Looks[2])
	uitest.Listen(tab)
	tab.Before(`globalThis.SharedWorker = class { port = new MessageChannel().port1 }`)
	tab.Open(s.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(`said("Getting the counter")`)
	tab.Check()
	tab.Until(`said("Still getting the counter")`)
	tab.Shoot("counter-slow")
}

// TestACoreThatIsGoneIsSaidSoon opens a page of a build whose core the server no longer has.
func TestACoreThatIsGoneIsSaidSoon(t *testing.T) {
	s := run(t, "--dev")
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	pass, asked := httputil.NewSingleHostReverseProxy(to), make(chan string, 100)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".wasm") {
			asked <- r.Method
			http.NotFound(w, r)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("404", "integrity", "could not be loaded")
	tab.Open(front.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(shut + ` && notice.innerText.includes("could not be loaded")`)
	if len(asked) > 3 {
		t.Errorf("a core that is gone was asked for %d times", len(asked))
	}
}
