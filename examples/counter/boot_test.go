package counter

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// stopwatch notes in the page when it was connected: milliseconds since the navigation began.
const stopwatch = `new MutationObserver((_, me) => {
	if (document.querySelector(".state")?.dataset.state !== "live") return;
	window.connected = performance.now();
	me.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });`

// TestBootTime prints how long a page takes from navigation to connected. It judges nothing: machines differ.
func TestBootTime(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	open := func() (tab *browser.Tab, ms float64) {
		tab = chromium.Tab(t, browser.Looks[0])
		tab.Before(stopwatch)
		tab.Open(s.URL + "/counter/")
		tab.Until(`window.connected`)
		return tab, browser.Eval[float64](tab, `window.connected`)
	}
	launcher := chromium.Tab(t, browser.Looks[0])
	launcher.Open(s.URL)
	launcher.Eval(`import("/wab/wab.js").then(wab => wab.signIn.guest("alice"))`) // loads neither worker nor core
	launcher.Close()

	first, cold := open()
	kB := browser.Eval[float64](first, `performance.getEntries().reduce((sum, e) => sum + (e.transferSize ?? 0), 0)`) / 1000
	_, second := open()
	t.Logf("navigation → connected: %.0f ms with an empty cache (%.0f kB for the page, beside worker and core), %.0f ms in a second tab", cold, kB, second)
	first.Do(chromedp.Reload())
	first.Until(`window.connected`)
	t.Logf("navigation → connected: %.0f ms after a reload", browser.Eval[float64](first, `window.connected`))
}
