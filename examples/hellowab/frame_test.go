package hellowab

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui/uitest"
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
	uitest.Listen(counter)
	counter.Eval(`(friend.value = "dan", document.querySelector("#let button").click())`) // a form, which a sandbox doesn't submit
	counter.Until(`said("dan may count here now")`)
	for _, theme := range []string{"light", "dark"} { // as the page around
		alice.Do(chromedp.Click("[data-theme-switch]"))
		counter.Until(`document.documentElement.dataset.theme === "` + theme + `"`)
	}
	alice.Shoot("hellowab-counter")
}

// holding has calls of some methods wait in the page until their turn: held.shift()().
const holding = `(() => {
	const post = MessagePort.prototype.postMessage;
	window.held = [];
	MessagePort.prototype.postMessage = function (...what) {
		if (/"(LinkGroup|Admit|Lock|DeviceDo)"/.test(JSON.stringify(what[0]))) held.push(() => post.apply(this, what));
		else post.apply(this, what);
	};
})()`

// TestTheHostGoesOnWhileAnswersAreLate: a new meeting gets its first background by itself, and the panel that the host opens meanwhile stays; so do the next name in the field, and a switch that was turned.
func TestTheHostGoesOnWhileAnswersAreLate(t *testing.T) {
	s := run(t)
	alice := browser.Start(t).Tab(t, browser.Looks[0])
	alice.Before(holding)
	comeIn(alice, s.URL+"/hellowab/?ca=alice/standup", "alice")
	alice.Until(shown + ` && held.length === 1`)
	alice.Do(chromedp.Click("#background-button"))
	alice.Until(`!background.hidden && choices.children.length > 0`)
	alice.Eval(`(async () => {
		held.shift()();
		const { connect } = await import("/wab/wab.js");
		await (await connect({ app: "whiteboard", ca: "alice/standup" })).Access(); // which is answered after it
	})()`)
	if browser.Eval[bool](alice, `background.hidden`) {
		t.Error("the panel is shut while she chooses")
	}
	alice.Do(chromedp.Click(`input[value="counter"]`), chromedp.Click("#background-form button[type=submit]"))
	alice.Until(`held.length === 1`)
	alice.Eval(`held.shift()()`)
	alice.Until(`background.hidden`)

	alice.Do(chromedp.Click("#people-button"), chromedp.SendKeys("#admit-name", "dan"+kb.Enter))
	alice.Until(`held.length === 1`)
	alice.Do(chromedp.SetValue("#admit-name", "erin"))
	alice.Eval(`(async () => {
		held.shift()();
		const { connect } = await import("/wab/wab.js");
		await (await connect({ app: "hellowab", ca: "alice/standup" })).Background(); // which is answered after it
	})()`)
	alice.Until(`admitted.innerText.includes("dan")`)
	if got := browser.Eval[string](alice, `document.getElementById("admit-name").value`); got != "erin" {
		t.Errorf("the field has %q", got)
	}

	alice.Do(chromedp.Click("#lock"))
	alice.Until(`held.length === 1`)
	if status, body := s.Post("/api/hellowab/alice/standup/Mode", s.Guest("alice"), `["heads"]`); status != 200 {
		t.Fatal(body)
	}
	alice.Until(`mode.value === "heads"`) // her own second tab, say
	if !browser.Eval[bool](alice, `lock.checked`) {
		t.Error("the switch is turned back")
	}
	alice.Eval(`held.shift()()`)
	bob := s.Guest("bob")
	for late := time.Now().Add(30 * time.Second); ; {
		status, body := s.Post("/api/hellowab/alice/standup/Knock", bob, `[]`)
		if strings.Contains(body, "locked") {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("%d %s", status, body)
		}
	}
	if !browser.Eval[bool](alice, `lock.checked`) {
		t.Error("the switch is turned back by the answer")
	}
}

// TestCALL3_NobodyElseFramesOurPages: the page frames apps of this server, and no page of another origin frames it.
func TestCALL3_NobodyElseFramesOurPages(t *testing.T) {
	w := httptest.NewRecorder()
	serve(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	for _, want := range []string{"; frame-src 'self'", "; frame-ancestors 'self'", "default-src 'none'"} {
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("the policy is %s, without %s", got, want)
		}
	}
	w = httptest.NewRecorder()
	if serve(w, httptest.NewRequestWithContext(t.Context(), "GET", "/elsewhere", nil)); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

// TestWhatAPageWeighs prints what comes over the wire before the core and the call, and judges it.
func TestWhatAPageWeighs(t *testing.T) {
	s := run(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL)
	tab.Shoot("hellowab-launcher")
	tab.Open(s.URL + "/hellowab/")
	tab.Until(`document.activeElement.id === "owner"`)
	kB := browser.Eval[float64](tab, `performance.getEntriesByType("resource").filter(e => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)`) / 1000
	t.Logf("scripts of the first view: %.1f kB", kB)
	if kB == 0 || kB > 50 {
		t.Errorf("the first view has %.1f kB of scripts; its budget is 50", kB)
	}
}
