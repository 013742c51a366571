package whiteboard

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

const stub = "./examples/whiteboard/testdata/client.ts"

// there is true once the page shows the board and lets one draw.
const there = `desk.hasAttribute("data-editable") && document.querySelector(".state").innerText === "Live" && window.board`

// TestPageInEveryScene looks at the page on a client without a server; the browser tests of the whole show it with one.
func TestPageInEveryScene(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) { tab.Until(`document.activeElement.id === "owner"`) },
		"live":  func(tab *browser.Tab) { tab.Until(there + ` && document.querySelectorAll(".cursor").length === 2`) },
		"share": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Click("#invite"))
			tab.Until(`!share.hidden && members.children.length === 3`)
		},
		"friends": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Click("#invite"), chromedp.Click("#friends summary"), chromedp.SetValue("#bond", "lent"), chromedp.SendKeys("#bond-name", "frank"+kb.Enter))
			tab.Until(`bonds.innerText.includes("frank") && group.innerText === "alice/home/friends" && bonds.children.length === 3`)
			tab.Do(chromedp.Click("#bonds [aria-label^='Remove dave']"))
			tab.Until(`bonds.children.length === 2`)
		},
		"help": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.KeyEvent("?"))
			tab.Until(`!help.hidden`)
		},
		"list": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.KeyEvent("/"))
			tab.Until(`elements.children.length > 5`)
		},
		"selected": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab))
			tab.Until(`!arrange.hidden`)
		},
		"typing": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent("n"), chromedp.KeyEvent(kb.Enter))
			tab.Until(`!typing.hidden`)
			tab.Do(chromedp.KeyEvent("Something quite new"))
		},
		"viewer":  func(tab *browser.Tab) { tab.Until(`strip.innerText.includes("ask alice") && draw.hidden`) },
		"refused": func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("Ask alice")`) },
		"offline": func(tab *browser.Tab) {
			tab.Until(`strip.innerText.includes("Go on drawing")`)
			tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.ArrowRight))
			tab.Until(`saving.textContent === "1 change kept here"`)
		},
		"failing": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.ArrowRight))
			tab.Until(`said("not kept") && saving.textContent === "Not saved"`)
		},
		"empty": func(tab *browser.Tab) { tab.Until(there) },
		"many":  func(tab *browser.Tab) { tab.Until(there) },
		"slow":  func(tab *browser.Tab) { tab.Until(`said("Getting the board")`) },
	}
	for scene, play := range scenes {
		for _, look := range browser.Looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				tab.Before(`localStorage.clear()`) // where another scene was looked at
				uitest.Listen(tab)
				path := "/?ca=home#"
				if scene == "refused" || scene == "viewer" {
					path = "/?ca=alice/home#"
				}
				tab.Open(server.URL + path + scene)
				play(tab)
				settle(tab)
				tab.Shoot("whiteboard-" + scene)
				tab.Check()
			})
		}
	}
}

// settle waits until what was asked to be painted is painted.
func settle(tab *browser.Tab) {
	tab.Eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
}

// TestAPageWithoutHTTPS has what browsers leave away where a page comes neither by HTTPS nor from this machine, as from another one of the network.
func TestAPageWithoutHTTPS(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Before(`delete Crypto.prototype.randomUUID; delete Crypto.prototype.subtle; delete Navigator.prototype.locks; delete Navigator.prototype.clipboard`)
	tab.Open(server.URL + "/?ca=home#live")
	tab.Until(there)
}

// TestANameTypedWhileAnotherIsTakenInStays has the answer come late.
func TestANameTypedWhileAnotherIsTakenInStays(t *testing.T) {
	tab := open(t, "live", browser.Looks[0])
	uitest.Listen(tab)
	tab.Do(chromedp.Click("#invite"))
	tab.Until(`!share.hidden && members.children.length === 3`)
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#friend", "frank"+kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SetValue("#friend", "gina"))
	tab.Eval(`release()`)
	tab.Until(`said("frank may draw here now")`)
	if got := browser.Eval[string](tab, `friend.value`); got != "gina" {
		t.Errorf("the field has %q", got)
	}
	tab.Do(chromedp.SendKeys("#friend", kb.Enter))
	tab.Until(`said("gina may draw here now") && friend.value === ""`)
}

// TestWhoHasTheLinkIsShownAsItIs has the answer come late, after news of how it was before, and then not at all.
func TestWhoHasTheLinkIsShownAsItIs(t *testing.T) {
	tab := open(t, "live", browser.Looks[0])
	uitest.Listen(tab)
	const chosen = `document.querySelector("[name=open]:checked").value`
	tab.Do(chromedp.Click("#invite"))
	tab.Until(`!share.hidden && ` + chosen + ` === "viewers"`)
	tab.Eval(`hold()`)
	tab.Do(chromedp.Click(`[name=open][value=""]`))
	tab.Until(`held.length === 1`)
	tab.Eval(`(hold(false), document.dispatchEvent(new Event("visibilitychange")), new Promise((done) => setTimeout(done)))`) // has the page ask what one may do
	if got := browser.Eval[string](tab, chosen); got != "" {
		t.Errorf("before the answer it is %q", got)
	}
	tab.Eval(`release(true)`)
	tab.Until(`said("There is no answer.")`)
	if got := browser.Eval[string](tab, chosen); got != "viewers" {
		t.Errorf("without an answer it is %q", got)
	}
	tab.Do(chromedp.Click(`[name=open][value="editors"]`))
	tab.Eval(`release()`)
	if got := browser.Eval[string](tab, chosen); got != "editors" {
		t.Errorf("after an answer it is %q", got)
	}
}
