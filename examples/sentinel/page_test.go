package sentinel

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

// TestPageInEveryScene looks at the page on a client without a server.
func TestPageInEveryScene(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/sentinel/testdata/client.ts")
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) {
			tab.Until(`document.activeElement.id === "owner" && document.activeElement.value`)
		},
		"new": func(tab *browser.Tab) {
			tab.Until(`!level.disabled`)
			tab.Do(chromedp.SetValue("#post", "dance #noise"), chromedp.Click("#rule button"))
			tab.Until(`document.querySelector("#rule-problem").textContent.includes("buzz or flash")`)
		},
		"quiet": func(tab *browser.Tab) {
			tab.Until(`mean.textContent === "43" && document.querySelectorAll("#members li").length === 4 && mood.dataset.mood === "watching"`)
		},
		"loud": func(tab *browser.Tab) {
			tab.Until(`mean.textContent === "81" && mood.dataset.mood === "loud" && document.querySelectorAll("#posts li").length === 2`)
		},
	}
	for scene, play := range scenes {
		for _, look := range browser.Looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				tab.Open(server.URL + "/#" + scene)
				play(tab)
				tab.Shoot("sentinel-" + scene)
				tab.Check()
			})
		}
	}
}

// TestANameTypedWhileAnotherIsTakenInStays has the answer come late.
func TestANameTypedWhileAnotherIsTakenInStays(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/sentinel/testdata/client.ts")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/#quiet")
	tab.Until(`!level.disabled`)
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#friend", "dan"+kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SetValue("#friend", "erin"))
	tab.Eval(`release()`)
	tab.Until(`said("dan may see your level now")`)
	if got := browser.Eval[string](tab, `friend.value`); got != "erin" {
		t.Errorf("the field has %q", got)
	}
	tab.Do(chromedp.SendKeys("#friend", kb.Enter))
	tab.Until(`said("erin may see your level now") && friend.value === ""`)
}
