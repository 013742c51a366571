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
		"inbox": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-requests`))
			tab.Until(`document.querySelector("#requests").children.length === 2`)
		},
		"answer": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#tab-requests`), chromedp.Click(`[aria-label="Approve henry@work.example"]`))
			tab.Until(`document.querySelector("#answer-pane").open`)
		},
		"ways": func(tab *browser.Tab) {
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
			tab.Do(chromedp.Click(`#panel-activity summary`))
			tab.Until(`log.children.length === 7 && document.querySelector("[data-ledger]").innerText.includes("channel/bob-1")`)
		},
		"editing": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#edit`))
			tab.Until(`document.activeElement.id === "card-name"`)
		},
		"inviting": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#invite`), chromedp.Click(`#invite-pane [type=submit]`))
			tab.Until(`document.querySelector("#invite-link").value.includes("#meet=alice@127.0.0.1:8080&invitation=") && document.querySelector("#invite-pane .qr svg")`)
		},
		"sharing": func(tab *browser.Tab) {
			tab.Until(loaded)
			tab.Do(chromedp.Click(`#share`))
			tab.Until(`document.querySelector("#share-link").value.endsWith("/#meet=alice@127.0.0.1:8080") && document.querySelector("#share-pane .qr svg")`)
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
		"slow":    func(tab *browser.Tab) { tab.Until(`said("Getting your cloud")`) },
	}
	// scenes are not called like elements, to which a browser would scroll
	everywhere := []string{"first", "day", "inbox", "ways", "activity"} // the others are seen in one look each
	for i, scene := range slices.Sorted(maps.Keys(scenes)) {
		looks := browser.Looks
		if !slices.Contains(everywhere, scene) {
			looks = looks[i%len(looks):][:1]
		}
		for _, look := range looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				uitest.Listen(tab)
				tab.Open(server.URL + "/#" + scene)
				scenes[scene](tab)
				tab.Shoot("personalcloud-" + scene)
				tab.Check()
				tab.Close()
			})
		}
	}
}

func TestPageByKeyboard(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/#day&meet=zoe@cloud.example&invitation=abc")
	tab.Until(loaded + ` && target.value === "zoe@cloud.example" && location.hash === "" && said("zoe@cloud.example invites you")`)
	tab.Do(chromedp.SendKeys("#target", kb.Enter))
	tab.Until(`document.activeElement.id === "contact-name" && document.querySelector("#contact-state").innerText === "Asked" && target.value === ""`)

	// the map of the links follows the answer however late
	tab.Do(chromedp.SendKeys("#target", "late@cloud.example"+kb.Enter))
	tab.Until(`live.textContent === "Asked late@cloud.example." && target.value === ""`)
	tab.Eval(`follow()`)
	tab.Until(`document.activeElement.id === "contact-name" && document.activeElement.innerText === "late"`)

	// whoever has gone on meanwhile stays where they are: they write to somebody, are about to, or ask another
	for _, on := range []struct{ field, text string }{{"text", "Hello"}, {"text", ""}, {"target", "zoe@"}} {
		tab.Do(chromedp.Click(`#people [data-id="bob"]`), chromedp.SendKeys("#target", "late@cloud.example"+kb.Enter))
		tab.Until(`live.textContent.startsWith("Asked late@cloud.example.") && target.value === "" && document.querySelector("#contact-name").innerText === "Bob Okafor"`)
		tab.Do(chromedp.Focus("#"+on.field), chromedp.SendKeys("#"+on.field, on.text))
		tab.Eval(`follow()`)
		if got := browser.Eval[string](tab, `[document.activeElement.id, document.activeElement.value, document.querySelector("#contact-name").innerText].join()`); got != on.field+","+on.text+",Bob Okafor" {
			t.Errorf("somebody writes %q, and is taken away to %s", on.text, got)
		}
		tab.Eval(`target.value = document.querySelector("#text").value = ""`)
	}

	// what they type keeps its place, too, if the answer itself is late
	tab.Do(chromedp.SendKeys("#target", "zoe@cloud.example"))
	tab.Eval(`hold()`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SendKeys("#target", "zoe@"))
	tab.Eval(`release()`)
	tab.Until(`live.textContent === "Asked zoe@cloud.example." && !connect.disabled`)
	if got := browser.Eval[string](tab, `[document.activeElement.id, target.value, document.querySelector("#contact-name").innerText].join()`); got != "target,zoe@cloud.examplezoe@,Bob Okafor" {
		t.Errorf("somebody types, and is left with %s", got)
	}
	tab.Eval(`target.value = ""`)

	// a name that the white pages don't have, an address that is none, one that is refused
	tab.Do(chromedp.SendKeys("#target", "Zorro"+kb.Enter))
	tab.Until(`document.querySelector("#target-problem").innerText.includes("called “Zorro”") && document.activeElement === target`)
	tab.Eval(`target.value = ""`)
	tab.Do(chromedp.SendKeys("#target", kb.Enter))
	tab.Until(`document.querySelector("#target-problem").innerText.includes("Whom do you mean?")`)
	tab.Do(chromedp.SendKeys("#target", "nobody@cloud.example"+kb.Enter))
	tab.Until(`document.querySelector("#target-problem").innerText.includes("with yourself")`)

	// tabs by arrows
	tab.Do(chromedp.Focus("#tab-people"), chromedp.KeyEvent(kb.ArrowRight))
	tab.Until(`document.activeElement.id === "tab-requests" && !document.querySelector("#panel-requests").hidden && document.querySelector("#panel-people").hidden`)
	tab.Do(chromedp.Focus(`[aria-label="Refuse henry@work.example"]`), chromedp.KeyEvent(kb.Enter))
	tab.Until(`document.activeElement.id === "reason"`)
	tab.Do(chromedp.SendKeys("#reason", "Not now."+kb.Enter)) // who says why they refuse, refuses
	tab.Until(`document.querySelector("#requests").children.length === 1 && !document.querySelector("#answer-pane").open`)
	if said := browser.Eval[string](tab, `live.textContent`); said != "Refused." {
		t.Errorf("who gives a reason for a refusal is told %q", said)
	}
	tab.Do(chromedp.Focus(`[aria-label^="Approve"]`), chromedp.KeyEvent(kb.Enter))
	tab.Until(`document.querySelector("#answer-pane").innerText.includes("Nobody vouches")`)
	tab.Do(chromedp.Click(`#answer-pane [value="custom"]`), chromedp.SendKeys(`#answer-pane [data-custom] input`, "photo"+kb.Enter))
	tab.Until(`document.querySelector("#answer-pane").innerText.includes("“photo” should be") && document.activeElement.matches("[data-custom] input")`)
	tab.Check()
	tab.Do(chromedp.SendKeys(`#answer-pane [data-custom] input`, ":*"+kb.Enter))
	tab.Until(`!document.querySelector("#no-requests").hidden && live.textContent.includes("all of photo")`)

	// what somebody may send is changed; the connection is ended, and taken out of the book
	tab.Do(chromedp.Click("#tab-people"), chromedp.Click(`#people [data-id="bob"]`), chromedp.Click("#permits"), chromedp.Click(`#terms-pane [value="nothing"]`), chromedp.Click("#terms-pane [type=submit]"))
	tab.Until(`document.querySelector("#contact-permits").innerText === "Nothing."`)
	tab.Do(chromedp.Click("#end"), chromedp.KeyEvent(kb.Escape))
	tab.Until(`!document.querySelector("#sure-pane").open && document.querySelector("#contact-state").innerText === "Connected"`)
	tab.Eval(`(() => {
		const ask = document.querySelector("#end"), box = document.querySelector("#sure-pane"), told = new Promise((told) => box.addEventListener("close", told, { once: true }));
		ask.click();
		box.close();
		ask.click(); // before the page is told that the first question was closed
		return told;
	})()`)
	tab.Do(chromedp.Click(`#sure-pane [value="yes"]`))
	tab.Until(`document.querySelector("#contact-state").innerText === "Ended"`)
	tab.Do(chromedp.Click("#end"))
	tab.Until(`!document.querySelector('#people [data-id="bob"]') && !document.querySelector("#nobody-open").hidden`)

	// what comes while one looks elsewhere
	tab.Do(chromedp.Click("#tab-channels"))
	tab.Eval(`maps.messages.write("000900", { link: "carol", mine: false, text: "Look outside!", at: at(0), problem: "" })`)
	tab.Until(`document.querySelector("#tab-people .badge").innerText === "1" && said("Look outside!")`)
	tab.Eval(`maps.inbox.write("r9", { name: "friend", from: "ida@h.example", verified: true, host: "https://h.example", why: "", at: at(0), expires: at(9), history: "", rx_role: "", tx_role: "" })`)
	tab.Until(`document.querySelector("#tab-requests .badge").innerText === "1"`)
	tab.Do(chromedp.Click("#tab-people"), chromedp.Click(`#people [data-id="carol"]`))
	tab.Until(`messages.innerText.includes("Look outside!") && document.querySelector("#tab-people .badge").hidden`)
}

// Who changes what comes through a channel leaves its rate and its time as they are, unless they choose others; a new one begins with the usual.
func TestAChannelIsChangedFromHowItIs(t *testing.T) {
	tab := openDay(t)
	tab.Do(chromedp.Click("#tab-channels"))
	for _, c := range []struct{ press, name, way string }{
		{"Change: weather-station", "", "-1,-1"},
		{"Make a channel", "porch", "60,0"},
	} {
		tab.Eval(`[...document.querySelectorAll("#panel-channels button")].find((b) => (b.ariaLabel ?? b.innerText).startsWith("` + c.press + `")).click()`)
		if c.name != "" {
			tab.Do(chromedp.SendKeys("#channel-name", c.name))
		}
		tab.Eval(`(window.way = undefined, document.querySelector("#channel-pane form").requestSubmit())`)
		tab.Until(`window.way && document.querySelector("#channel-link").value`)
		if got := browser.Eval[string](tab, `[way.rate, way.hours].join()`); got != c.way {
			t.Errorf("%s asks for %s, not %s", c.press, got, c.way)
		}
		tab.Do(chromedp.KeyEvent(kb.Escape))
	}
}
