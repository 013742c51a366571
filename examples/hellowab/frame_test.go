package hellowab

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

// run serves the built binary, as a user runs it.
func run(t *testing.T) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, "--dev")
}

// comeIn opens a meeting as a guest.
func comeIn(tab *browser.Tab, url, name string) {
	tab.Open(url)
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
}

const (
	live  = `document.querySelector(".state").innerText === "Live"`
	shown = `stage.dataset.state === "shown"`
)

// TestCALL3_ABackgroundRunsInASandboxedFrame: as the participant themselves, and with nothing of the page around it.
func TestCALL3_ABackgroundRunsInASandboxedFrame(t *testing.T) {
	s := run(t)
	alice := browser.Start(t).Tab(t, browser.Looks[0])
	comeIn(alice, s.URL+"/hellowab/?ca=alice/standup", "alice")
	alice.Until(shown)
	board := alice.Frame("/whiteboard/")
	board.Until(live + ` && desk.hasAttribute("data-editable")`)
	alice.Shoot("hellowab-first")
	alice.Check()

	if sandbox := browser.Eval[string](alice, `document.querySelector("iframe").getAttribute("sandbox")`); sandbox != "allow-scripts" {
		t.Errorf("the frame's sandbox is %q", sandbox)
	}
	for _, forbidden := range []string{`localStorage`, `parent.document`, `document.cookie`, `navigator.locks.request("x", () => 1)`, `indexedDB.open("x")`, `new SharedWorker("/wab/worker.js")`} {
		if got := browser.Eval[string](board, `(async () => { try { await `+forbidden+`; return "given"; } catch (e) { return e.name; } })()`); got != "SecurityError" {
			t.Errorf("%s in the frame: %s", forbidden, got)
		}
	}
	if got := browser.Eval[string](board, `(async () => {
		const { connect } = await import("/wab/wab.js");
		const tell = (o) => connect(o).then((ca) => ca.name, (e) => e.code);
		return [origin, await tell({ app: "whiteboard", ca: "alice/standup" }), await tell({ app: "whiteboard", ca: "alice/home" }), await tell({ app: "hellowab", ca: "alice/standup" }), await tell({ app: "counter", ca: "alice/standup" })].join(" ");
	})()`); got != "null whiteboard:alice/standup not_allowed not_allowed not_allowed" {
		t.Errorf("what the frame can reach: %s", got)
	}

	alice.Do(chromedp.Click("#background-button"))
	alice.Do(chromedp.Click(`input[value="counter"]`), chromedp.Click("#background-form button[type=submit]"))
	counter := alice.Frame("/counter/")
	counter.Until(live + ` && !more.disabled`)
	counter.Eval(`more.click()`)
	counter.Until(`count.textContent === "1"`)
	if status, body := s.Post("/api/counter/alice/standup/Get", s.Guest("alice"), `[]`); status != 200 || body != `{"result":1}` {
		t.Errorf("%d %s", status, body)
	}
	alice.Shoot("hellowab-counter")
}
