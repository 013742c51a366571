package sentinel

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

// enter opens the page as a guest.
func enter(t *testing.T, s *wabproc.Server, name string) *browser.Tab {
	t.Helper()
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL + "/sentinel/")
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
	tab.Until(`document.querySelector(".state").innerText === "Live" && !level.disabled`)
	return tab
}

func join(tab *browser.Tab, name string) {
	tab.Do(chromedp.SetValue("#friend", name), chromedp.Click("#join button"))
	tab.Until(`document.querySelector("#members").innerText.includes("` + name + `")`)
}

// slide moves the level as a hand would.
func slide(tab *browser.Tab, to string) {
	tab.Eval(`level.value = ` + to + `; level.dispatchEvent(new Event("input")); level.dispatchEvent(new Event("change"))`)
}

// TestASentinelPostsWhileItsOwnerIsAway lets two people share their levels, sends one of them away, kills the server, and has the other one be loud.
func TestASentinelPostsWhileItsOwnerIsAway(t *testing.T) {
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	s := wabproc.Start(t, "--dev")
	alice, bob := enter(t, s, "alice"), enter(t, s, "bob")
	join(alice, "bob")
	join(bob, "alice")
	slide(alice, "80")
	slide(bob, "20")
	alice.Until(`mean.textContent === "50"`)
	bob.Until(`mean.textContent === "50"`)
	alice.Do(chromedp.Click("#rule button"))
	alice.Until(`mood.dataset.mood === "watching"`)
	alice.Shoot("sentinel-server")
	alice.Check()
	alice.Open("about:blank")

	s.Kill()
	bob.Until(`document.querySelector(".state").innerText !== "Live"`) // or what he does next is asked of a server that is gone
	s.Start()
	bob.Until(`document.querySelector(".state").innerText === "Live"`)
	slide(bob, "90")
	bob.Until(`mean.textContent === "85"`)
	alice.Open(s.URL + "/sentinel/")
	alice.Until(`mood.dataset.mood === "loud" && posts.innerText.includes("flash #noise") && mean.textContent === "85"`)
	alice.Shoot("sentinel-server-loud")
	alice.Check()
	bob.Check()
}
