package counter

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
)

// burst clicks n times, once a frame, and counts in the page how far it is.
func burst(tab *browser.Tab, n int) {
	tab.Eval(fmt.Sprintf(`(() => {
		window.clicked = 0;
		const click = () => { more.click(); if (++clicked < %d) requestAnimationFrame(click); };
		requestAnimationFrame(click);
	})()`, n))
}

const away = `["Resuming", "Offline"].includes(document.querySelector(".state").innerText)`

// settled says that a page is live again, has nothing left to save, and shows n.
func settled(n int) string {
	return live + fmt.Sprintf(` && saving.textContent === "Saved" && count.textContent === "%d"`, n)
}

// killDuringBursts kills the server while both tabs click, several times, and wants every click counted once.
func killDuringBursts(s *wabproc.Server, tabs [2]*browser.Tab) (total int) {
	const rounds, clicks, before = 3, 90, 30
	for range rounds {
		for _, tab := range tabs {
			burst(tab, clicks)
		}
		for _, tab := range tabs {
			tab.Until(fmt.Sprintf(`clicked >= %d`, before))
		}
		s.Kill()
		for _, tab := range tabs {
			tab.Until(away)
		}
		s.Start()
		total += clicks * len(tabs)
		for _, tab := range tabs {
			tab.Until(fmt.Sprintf(`clicked === %d`, clicks))
			tab.Until(settled(total))
		}
	}
	return total
}

// openTwo opens the counter in two tabs, and signs alice in through the first.
func openTwo(s *wabproc.Server, first, second *browser.Tab) {
	first.Open(s.URL + "/counter/")
	comeIn(first, "alice")
	first.Until(live)
	second.Open(s.URL + "/counter/")
	second.Until(live)
	first.Do(chromedp.Click("#more"))
	second.Until(`count.textContent === "1"`)
	second.Do(chromedp.Click("#less"))
	first.Until(`count.textContent === "0"`)
}

func TestCA3_ClicksInTwoTabsSurviveKills(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	first, second := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[3])
	openTwo(s, first, second)
	if workers := chromium.SharedWorkers(t); len(workers) != 1 {
		t.Errorf("two tabs are served by %v, not by one shared worker", workers)
	}
	total := killDuringBursts(s, [2]*browser.Tab{first, second})
	for _, tab := range []*browser.Tab{first, second} {
		tab.Do(chromedp.Reload())
		tab.Until(live + fmt.Sprintf(` && count.textContent === "%d"`, total))
		changes := 2 + total // openTwo's clicks, and each click of the bursts
		tab.Until(fmt.Sprintf(`document.querySelector("[data-ledger] td.number")?.innerText === "%d"`, changes))
	}
}

func TestCA3_ClicksSurviveKillsWithoutASharedWorker(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	first, second := chromium.Tab(t, browser.Looks[1]), chromium.Tab(t, browser.Looks[2])
	for _, tab := range []*browser.Tab{first, second} {
		tab.Before(`delete window.SharedWorker`)
		tab.Forgive("WebSocket connection to") // a page's own worker complains in its console, while the server is away
	}
	openTwo(s, first, second)
	if workers := chromium.SharedWorkers(t); len(workers) != 0 {
		t.Errorf("shared workers run: %v", workers)
	}
	killDuringBursts(s, [2]*browser.Tab{first, second})
}
