package counter

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
)

// running is a server with the counter that can be stopped and started again at the same address.
type running struct {
	t    *testing.T
	data string
	dev  bool
	addr string
	url  string
	stop func()
}

func run(t *testing.T) *running {
	if web.BuildID() == "none" {
		t.Skip("the web assets are not built: make build")
	}
	r := &running{t: t, data: t.TempDir(), dev: true, addr: "127.0.0.1:0"}
	r.start()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *running) start() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	lines, ready := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		o := server.Options{Addr: r.addr, Data: r.data, Dev: r.dev, Ready: ready, Logger: slog.New(slog.DiscardHandler)}
		err := server.Serve(ctx, o, App)
		ready.CloseWithError(err)
		ended <- err
	}()
	line, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil {
		r.t.Fatal("start:", err)
	}
	r.url = strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	r.addr = strings.TrimPrefix(r.url, "http://")
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error("stop:", err)
		}
		r.stop = func() {}
	}
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
	r := run(t)
	chromium := browser.Start(t)
	first := chromium.Tab(t, browser.Looks[0])
	first.Open(r.url)
	first.Shoot("launcher-server")
	first.Check()
	first.Do(chromedp.Click(`a[href="/counter/"]`))
	comeIn(first, "alice")
	first.Until(live)
	second := chromium.Tab(t, browser.Looks[2])
	second.Open(r.url + "/counter/")
	second.Until(live)
	first.Do(chromedp.Click("#more"), chromedp.Click("#more"))
	second.Until(`count.textContent === "2"`)
	second.Do(chromedp.Click("#less"))
	first.Until(`count.textContent === "1" && document.querySelector("[data-ledger]").innerText.includes("alice")`)
	first.Shoot("counter-server")
	first.Check()
	second.Check()

	r.stop()
	first.Until(`["Resuming", "Offline"].includes(document.querySelector(".state").innerText)`)
	first.Do(chromedp.Click("#more"))
	first.Until(`saving.textContent.includes("kept here")`)
	first.Shoot("counter-away")
	r.start()
	first.Until(live + ` && count.textContent === "2" && saving.textContent === "Saved"`)
	second.Until(live + ` && count.textContent === "2"`)
}

func TestAVisitorIsRefusedUntilTheOwnerLetsThemIn(t *testing.T) {
	r := run(t)
	home, away := browser.Start(t), browser.Start(t)
	alice := home.Tab(t, browser.Looks[0])
	alice.Open(r.url + "/counter/")
	comeIn(alice, "alice")
	alice.Until(live)
	bob := away.Tab(t, browser.Looks[3])
	bob.Open(r.url + "/counter/?ca=alice/home")
	comeIn(bob, "bob")
	bob.Until(shut + ` && notice.innerText.includes("Ask alice")`)
	bob.Shoot("counter-server-refused")
	alice.Do(chromedp.SendKeys("#friend", "bob"+kb.Enter))
	alice.Until(`document.querySelector(".toast")?.innerText.includes("bob may count here now")`)
	bob.Do(chromedp.Click("#notice button"))
	bob.Until(live)
	bob.Do(chromedp.Click("#more"))
	alice.Until(`count.textContent === "1" && document.querySelector("[data-ledger]").innerText.includes("bob")`)
	alice.Shoot("counter-server-bob")
}

func TestBUS6_ARevokedTokenEndsTheOpenPage(t *testing.T) {
	r := run(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(r.url + "/counter/")
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
	r := run(t)
	r.stop()
	r.dev = false
	r.start()
	tab := browser.Start(t).Tab(t, browser.Looks[2])
	tab.Open(r.url + "/counter/")
	comeIn(tab, "alice")
	tab.Until(`document.querySelector("#owner-problem").textContent.includes("--dev") && document.activeElement.id === "token"`)
	tab.Shoot("counter-server-token")
	tab.Do(chromedp.SendKeys("#token", "nonsense"+kb.Enter))
	tab.Until(`document.querySelector("#owner-problem").textContent === "That is not a token."`)
	issuer, err := account.OpenIssuer(r.data, clock.Real())
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
