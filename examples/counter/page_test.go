package counter

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

// TestPageInEveryScene looks at the page on a client without a server; the browser tests of the whole show it with one.
func TestPageInEveryScene(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/counter/testdata/client.ts")
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) {
			tab.Until(`document.activeElement.id === "owner" && document.activeElement.value`)
		},
		"live": func(tab *browser.Tab) {
			tab.Until(`count.textContent === "41" && !more.disabled`)
			tab.Do(chromedp.Click("#more"))
			tab.Until(`count.textContent === "42" && saving.textContent === "Saved" && document.querySelector("[data-ledger]").innerText.includes("31")`)
		},
		"large":   func(tab *browser.Tab) { tab.Until(`count.textContent === "1234567"`) },
		"refused": func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("Ask alice")`) },
		"offline": func(tab *browser.Tab) {
			tab.Until(`document.querySelector(".state").innerText === "Offline" && !more.disabled`)
			tab.Do(chromedp.Click("#more"), chromedp.Click("#more"))
			tab.Until(`saving.textContent.startsWith("2 changes kept here")`)
		},
		"failing": func(tab *browser.Tab) {
			tab.Until(`!more.disabled`)
			tab.Do(chromedp.Click("#more"))
			tab.Until(`said("Nothing was changed") && saving.textContent === "Not saved"`)
		},
	}
	for scene, play := range scenes {
		for _, look := range browser.Looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				uitest.Listen(tab)
				path := "/?ca=home#"
				if scene == "refused" {
					path = "/?ca=alice/home#"
				}
				tab.Open(server.URL + path + scene)
				play(tab)
				tab.Shoot("counter-" + scene)
				tab.Check()
			})
		}
	}
}

func TestPageByKeyboard(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/counter/testdata/client.ts")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(server.URL + "/#guest")
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SendKeys("#owner", "Not a name"+kb.Enter))
	tab.Until(`document.querySelector("#owner-problem").textContent`)
	tab.Do(chromedp.SetValue("#owner", "alice"), chromedp.SendKeys("#owner", kb.Enter))
	tab.Until(`count.textContent === "41"`)
	tab.Do(chromedp.KeyEvent("+"), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("+"))
	tab.Until(`count.textContent === "43"`)
	tab.Until(`location.search === "?ca=alice/home" && document.querySelector("[data-copy] input").value.endsWith("?ca=alice/home#guest")`)
}

// TestANameTypedWhileAnotherIsTakenInStays has the answer come late.
func TestANameTypedWhileAnotherIsTakenInStays(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/counter/testdata/client.ts")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/?ca=home#live")
	tab.Until(`!more.disabled`)
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#friend", "dan"+kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SetValue("#friend", "erin"))
	tab.Eval(`release()`)
	tab.Until(`said("dan may count here now")`)
	if got := browser.Eval[string](tab, `friend.value`); got != "erin" {
		t.Errorf("the field has %q", got)
	}
	tab.Do(chromedp.SendKeys("#friend", kb.Enter))
	tab.Until(`said("erin may count here now") && friend.value === ""`)
}
