package personalcloud

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

const stub = "./examples/personalcloud/testdata/client.ts"

// loaded is true once the page shows a cloud that is live.
const loaded = `room.dataset.ready === "yes" && !edit.disabled`

// TestPageInEveryScene looks at the page on a client without a server; the browser tests of the whole show it with one.
func TestPageInEveryScene(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) { tab.Until(`document.activeElement.id === "owner"`) },
		"first": func(tab *browser.Tab) { tab.Until(loaded + ` && !nobody.hidden`) },
		"day": func(tab *browser.Tab) {
			tab.Until(loaded + ` && people.children.length === 7`)
			tab.Do(chromedp.Click(`#people [data-id="bob"]`))
			tab.Until(`document.querySelector("#contact-name").innerText === "Bob Okafor" && document.querySelector("#contact-use").innerText.includes("12 events came")`)
		},
		"refusal": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#people [data-id="carol"]`))
			tab.Until(`messages.innerText.includes("does not take messages")`)
		},
		"refused-request": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#people [data-id="erin"]`))
			tab.Until(`document.querySelector("#contact-told").innerText.includes("Which Alice are you?") && !again.hidden`)
		},
		"requests": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-requests`))
			tab.Until(`document.querySelector("#requests").children.length === 2`)
		},
		"answer": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-requests`), chromedp.Click(`[aria-label="Approve henry@work.example"]`))
			tab.Until(`document.querySelector("#answer-pane").open`)
		},
		"channels": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-channels`))
			tab.Until(`document.querySelector("#channels").children.length === 4`)
		},
		"made": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-channels`), chromedp.Click(`#new-channel`), chromedp.SendKeys(`#channel-name`, "gadget"+kb.Enter))
			tab.Until(`document.querySelector("#channel-link").value.includes("/sky/event/")`)
		},
		"activity": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-activity`))
			tab.Until(`log.children.length === 7`)
		},
		"edit": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#edit`))
			tab.Until(`document.activeElement.id === "card-name"`)
		},
		"invite": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#invite`), chromedp.Click(`#invite-pane [type=submit]`))
			tab.Until(`document.querySelector("#invite-link").value.includes("#meet=alice@127.0.0.1:8080&invitation=") && document.querySelector("#invite-pane .qr svg")`)
		},
		"search": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.SendKeys(`#target`, "bo"))
			tab.Until(`document.querySelector("#found-people").children.length === 2`)
			tab.Do(chromedp.Click(`#terms summary`))
		},
		"offline": func(tab *browser.Tab) {
			tab.Until(`notice.innerText.includes("as they were") && connect.disabled`)
		},
		"refused": func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("The server is full")`) },
		"slow":    func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("Getting your cloud")`) },
	}
	everywhere := []string{"first", "day", "requests", "channels", "activity"} // the others are seen in one look each
	for i, scene := range slices.Sorted(maps.Keys(scenes)) {
		looks := browser.Looks
		if !slices.Contains(everywhere, scene) {
			looks = looks[i%len(looks):][:1]
		}
		for _, look := range looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				tab.Open(server.URL + "/#" + scene)
				scenes[scene](tab)
				tab.Shoot("personalcloud-" + scene)
				tab.Check()
				tab.Close()
			})
		}
	}
}
