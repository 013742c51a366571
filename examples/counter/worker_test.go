package counter

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
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
	tab.Before(`globalThis.SharedWorker = class { port = new MessageChannel().port1 }`)
	tab.Open(s.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(`notice.innerText.includes("Getting the counter")`)
	tab.Check()
	tab.Until(`notice.innerText.includes("Still getting the counter")`)
	tab.Shoot("counter-slow")
}
