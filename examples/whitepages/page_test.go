package whitepages

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
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/whitepages/testdata/client.ts")
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) { tab.Until(`document.activeElement.id === "owner"`) },
		"live": func(tab *browser.Tab) {
			tab.Until(`people.children.length === 3 && !list.disabled && standing.textContent.startsWith("You are not listed")`)
			tab.Until(`people.innerText.includes("Carol <b>King</b>") && !people.querySelector("b")`)
			tab.Do(chromedp.Click("#list"))
			tab.Until(`people.children.length === 4 && !unlist.hidden && standing.textContent.includes("alice@wab.example")`)
			tab.Do(chromedp.SendKeys("#words", "zo"))
			tab.Until(`people.children.length === 1 && count.textContent === "One person"`)
		},
		"many": func(tab *browser.Tab) {
			tab.Until(`people.children.length === 20 && !more.hidden`)
			tab.Do(chromedp.Click("#more"))
			tab.Until(`people.children.length === 40 && document.activeElement.closest("li") === people.children[20]`)
			tab.Do(chromedp.Click("#more"))
			tab.Until(`people.children.length === 45 && more.hidden`)
		},
		"empty":   func(tab *browser.Tab) { tab.Until(`count.textContent.includes("Be the first") && !list.disabled`) },
		"failing": func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("busy")`) },
	}
	for scene, play := range scenes {
		for _, look := range browser.Looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				tab.Open(server.URL + "/#" + scene)
				play(tab)
				tab.Shoot("whitepages-" + scene)
				tab.Check()
			})
		}
	}
}

// TestAnswersThatComeLate has somebody go on before the book has answered.
func TestAnswersThatComeLate(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), "./examples/whitepages/testdata/client.ts")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(server.URL + "/#many")
	shows := func(want int) {
		t.Helper()
		if got := browser.Eval[int](tab, `people.children.length`); got != want {
			t.Errorf("%d people are shown, not %d", got, want)
		}
	}
	tab.Until(`people.children.length === 20 && !more.hidden && !list.disabled`)
	tab.Eval(`hold()`)
	tab.Eval(`(more.click(), more.click())`) // who sees nothing happen presses again
	tab.Eval(`release()`)
	shows(40)
	tab.Eval(`hold()`)
	tab.Do(chromedp.Click("#more"))
	tab.Eval(`(words.value = "Person 17", words.dispatchEvent(new Event("input")))`)
	tab.Until(`held.length === 2`)
	tab.Eval(`release()`)
	shows(1)
	tab.Eval(`(words.value = "", words.dispatchEvent(new Event("input")))`)
	tab.Until(`people.children.length === 20`)
	tab.Do(chromedp.Click("#more"))
	tab.Until(`people.children.length === 40`)
}

// Two people at two browsers: one lists herself, the other finds her.
func TestCHAN6_OneListsHerselfAndAnotherFindsHer(t *testing.T) {
	b := open(t)
	chromium := browser.Start(t)
	alice, bob := chromium.Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[2])
	for tab, name := range map[*browser.Tab]string{alice: "alice", bob: "bob"} {
		tab.Open(b.url + "/whitepages/")
		tab.Until(`document.activeElement.id === "owner"`)
		tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
		tab.Until(`!list.disabled && count.textContent.includes("Be the first")`)
	}
	alice.Do(chromedp.SetValue("#name", "Alice Liddell"), chromedp.SetValue("#about", "Gardens by the river"), chromedp.Click("#list"))
	alice.Until(`people.children.length === 1 && standing.textContent === "People find you as alice@wab.example."`)
	bob.Do(chromedp.SendKeys("#words", "garden ali"))
	bob.Until(`people.children.length === 1 && people.innerText.includes("alice@wab.example")`)
	alice.Do(chromedp.Click("#unlist"))
	alice.Until(`unlist.hidden && people.children.length === 0`)
	bob.Do(chromedp.SendKeys("#words", "c"))
	bob.Until(`people.children.length === 0 && count.textContent.startsWith("Nobody here fits that")`)
}
