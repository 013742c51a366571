package counter

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// TestSigningOutReachesEveryTab signs out as an app's own button would; the counter's page has "Be somebody else".
func TestSigningOutReachesEveryTab(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	first, second := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[2])
	openTwo(s, first, second)
	first.Eval(`import("/wab/wab.js").then(wab => wab.signOut())`)
	for _, tab := range []*browser.Tab{first, second} {
		tab.Until(shut + ` && more.disabled && notice.innerText.includes("signed out")`)
	}
	if kept := browser.Eval[[]string](first, `Object.keys(localStorage).filter(key => key.startsWith("wab token"))`); len(kept) > 0 {
		t.Errorf("a token stays: %v", kept)
	}
	second.Do(chromedp.Click("#notice button"))
	comeIn(second, "alice")
	second.Until(settledAt("0"))
}

func TestBeingSomebodyElseStaysAtTheAddress(t *testing.T) {
	s := run(t, "--dev")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL + "/counter/?ca=home")
	comeIn(tab, "alice")
	tab.Until(live)
	tab.Do(chromedp.Click("#more"))
	tab.Until(settledAt("1"))
	tab.Do(chromedp.Click("#change"))
	comeIn(tab, "bob")
	tab.Until(shut + ` && me.textContent === "bob" && notice.innerText.includes("Ask alice")`) // the address still names alice's
}

func settledAt(n string) string { return live + ` && count.textContent === "` + n + `"` }
