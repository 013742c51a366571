package counter

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui/uitest"
)

// run serves the built binary, as a user runs it, with more flags.
func run(t *testing.T, flags ...string) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, flags...)
}

// comeIn signs a guest in through the page.
func comeIn(tab *browser.Tab, name string) {
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
}

const (
	live = `document.querySelector(".state").innerText === "Live" && !more.disabled`
	shut = `document.querySelector(".state").innerText === "Refused"`
)

func TestCountsInTwoTabsThroughARestart(t *testing.T) {
	s := run(t, "--dev")
	chromium := browser.Start(t)
	first := chromium.Tab(t, browser.Looks[0])
	first.Open(s.URL)
	first.Shoot("launcher-server")
	first.Check()
	first.Do(chromedp.Click(`a[href="/counter/"]`))
	comeIn(first, "alice")
	first.Until(live)
	second := chromium.Tab(t, browser.Looks[2])
	second.Open(s.URL + "/counter/")
	second.Until(live)
	first.Do(chromedp.Click("#more"), chromedp.Click("#more"))
	second.Until(`count.textContent === "2"`)
	second.Do(chromedp.Click("#less"))
	first.Until(`count.textContent === "1" && document.querySelector("[data-ledger]").innerText.includes("alice")`)
	first.Shoot("counter-server")
	first.Check()
	second.Check()

	s.Term()
	first.Until(`["Resuming", "Offline"].includes(document.querySelector(".state").innerText)`)
	first.Do(chromedp.Click("#more"))
	first.Until(`saving.textContent.includes("kept here")`)
	first.Shoot("counter-away")
	s.Start()
	first.Until(live + ` && count.textContent === "2" && saving.textContent === "Saved"`)
	second.Until(live + ` && count.textContent === "2"`)
}

func TestAVisitorIsRefusedUntilTheOwnerLetsThemIn(t *testing.T) {
	s := run(t, "--dev")
	home, away := browser.Start(t), browser.Start(t)
	alice := home.Tab(t, browser.Looks[0])
	uitest.Listen(alice)
	alice.Open(s.URL + "/counter/")
	comeIn(alice, "alice")
	alice.Until(live)
	bob := away.Tab(t, browser.Looks[3])
	bob.Open(s.URL + "/counter/?ca=alice/home")
	comeIn(bob, "bob")
	bob.Until(shut + ` && notice.innerText.includes("Ask alice")`)
	bob.Shoot("counter-server-refused")
	alice.Do(chromedp.SendKeys("#friend", "bob"+kb.Enter))
	alice.Until(`said("bob may count here now")`)
	bob.Do(chromedp.Click("#notice button"))
	bob.Until(live)
	bob.Do(chromedp.Click("#more"))
	alice.Until(`count.textContent === "1" && document.querySelector("[data-ledger]").innerText.includes("bob")`)
	alice.Shoot("counter-server-bob")
}

func TestBUS6_ARevokedTokenEndsTheOpenPage(t *testing.T) {
	s := run(t, "--dev")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(live)
	token := `Object.entries(localStorage).find(([k]) => k.startsWith("wab token"))[1]`
	tab.Eval(`fetch("/account/revoke", { method: "POST", headers: { Authorization: "Bearer " + ` + token + ` } }).then(r => window.revoked = r.status)`)
	tab.Until(`window.revoked === 200`)
	tab.Until(shut + ` && more.disabled && !notice.hidden && notice.innerText.includes("unauthenticated")`)
	tab.Shoot("counter-server-revoked")
	tab.Do(chromedp.Click("#notice button"))
	comeIn(tab, "alice")
	tab.Until(live)
}

func TestWithoutGuestsATokenIsAskedFor(t *testing.T) {
	s := run(t)
	tab := browser.Start(t).Tab(t, browser.Looks[2])
	tab.Forgive("403 (Forbidden)")
	tab.Open(s.URL + "/counter/")
	comeIn(tab, "alice")
	tab.Until(`document.querySelector("#owner-problem").textContent.includes("--dev") && document.activeElement.id === "token"`)
	tab.Shoot("counter-server-token")
	tab.Do(chromedp.SendKeys("#token", "nonsense"+kb.Enter))
	tab.Until(`document.querySelector("#owner-problem").textContent === "That is not a token."`)
	issuer, err := account.OpenIssuer(s.Data, clock.Real())
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint("carol", policy.Scope{}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tab.Do(chromedp.SetValue("#token", token), chromedp.SendKeys("#token", kb.Enter))
	tab.Until(live + ` && whose.textContent.includes("carol/home")`)
}
