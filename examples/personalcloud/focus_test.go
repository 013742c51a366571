package personalcloud

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
)

// Lists are filled anew as time goes by. Only a message that is new is read out, and the focus stays on whom it was on, whatever becomes of them.
func TestWhatComesIsReadOutOnceAndMovesNoFocus(t *testing.T) {
	tab := openDay(t)
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	if live := browser.Eval[[]string](tab, `[...document.querySelectorAll("#panel-people [aria-live], #panel-people [role=status], #panel-people [role=log]")].map((e) => e.id)`); len(live) > 0 {
		t.Errorf("%q are read out whenever they are filled", live)
	}
	tab.Eval(`maps.messages.write("000900", { link: "bob", mine: false, text: "See you at ten.", at: at(0), problem: "" })`)
	tab.Until(`live.textContent === "Bob Okafor: See you at ten."`)
	tab.Eval(`document.querySelector('#people [data-id="dave"]').focus()`)
	tab.Eval(`maps.links.write("dave", { ...maps.links.get("dave"), state: "established" })`)
	tab.Until(`document.querySelector('#people [data-id="dave"]').innerText.includes("Connected") && document.activeElement.dataset.id === "dave"`)
}

// What is wrong with terms that lie folded is shown.
func TestTermsThatCantBeAreUnfolded(t *testing.T) {
	tab := openDay(t)
	tab.Do(chromedp.Click("#terms summary"), chromedp.Click(`#terms [value="custom"]`), chromedp.Click("#terms summary"))
	tab.Until(`!document.querySelector("#terms").open`)
	tab.Do(chromedp.SendKeys("#target", "zoe@cloud.example"+kb.Enter))
	tab.Until(`document.querySelector("#terms").open && document.querySelector("#ask-permits-problem").innerText.startsWith("Name an event") && document.activeElement.ariaLabel === "Events, as domain:type"`)
}

// Whoever works by keyboard goes on where they were, or on the tab, when what they had pressed is filled anew, or gone, behind a dialog or by what was done there.
func TestTheFocusIsNotLostWithWhatHadIt(t *testing.T) {
	tab := openDay(t)
	press := func(selector string) {
		tab.Do(chromedp.Focus(selector), chromedp.KeyEvent(kb.Enter))
	}
	tab.Do(chromedp.Click("#tab-requests"))
	press(`[aria-label="Approve 203.0.113.7"]`)
	tab.Until(`document.querySelector("#answer-pane").open`)
	tab.Eval(`maps.inbox.write("r2", { ...maps.inbox.get("r2"), history: "They have not asked before." })`)
	tab.Do(chromedp.KeyEvent(kb.Escape))
	tab.Until(`document.activeElement.ariaLabel === "Approve 203.0.113.7"`)
	press(`[aria-label="Approve 203.0.113.7"]`)
	press(`[data-approve]`)
	tab.Until(`!document.querySelector("#answer-pane").open && document.activeElement.id === "tab-requests"`)

	tab.Do(chromedp.Click("#tab-channels"))
	press(`[aria-label="Remove: weather-station"]`)
	press(`#sure-pane [value="yes"]`)
	tab.Until(`!document.querySelector("#sure-pane").open && document.querySelector("#channels").children.length === 3 && document.activeElement.id === "tab-channels"`)

	tab.Do(chromedp.Click("#tab-people"), chromedp.Click(`#people [data-id="gina"]`))
	press("#end")
	tab.Until(`!document.querySelector('#people [data-id="gina"]') && document.activeElement.id === "tab-people"`)
}
