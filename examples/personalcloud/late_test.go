package personalcloud

import (
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

// openDay opens the page of a cloud that has been lived in.
func openDay(t *testing.T) *browser.Tab {
	t.Helper()
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/#day")
	tab.Until(loaded)
	return tab
}

// Who asked somebody and waits is led to what is wrong; who has gone on to write to somebody, to another tab, or to whom they look for next stays there.
func TestARefusalThatComesLateTakesNobodyAway(t *testing.T) {
	tab := openDay(t)
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	const why = "You can’t connect with yourself."
	for _, on := range []struct{ what, goOn, focus, field, problem string }{
		{"waits", ``, "target", "nobody@cloud.example", why},
		{"writes", `document.querySelector("#text").focus()`, "text", "nobody@cloud.example", why},
		{"turns to another tab", `document.querySelector("#tab-people").focus()`, "tab-people", "nobody@cloud.example", why},
		{"looks for another", `target.value = "zoe@"; target.dispatchEvent(new Event("input", { bubbles: true }))`, "target", "zoe@", ""},
	} {
		tab.Eval(`target.value = ""`)
		tab.Do(chromedp.SendKeys("#target", "nobody@cloud.example"))
		tab.Eval(`hold()`)
		tab.Do(chromedp.KeyEvent(kb.Enter))
		tab.Until(`held.length === 1`)
		tab.Eval(on.goOn)
		tab.Eval(`release()`)
		tab.Until(`!connect.disabled`)
		got := browser.Eval[[]string](tab, `[document.activeElement.id, target.value, document.querySelector("#target-problem").innerText]`)
		if want := []string{on.focus, on.field, on.problem}; !slices.Equal(got, want) {
			t.Errorf("who %s has %q, not %q", on.what, got, want)
		}
	}
	tab.Until(`said("nobody@cloud.example: ` + why + `")`)

	// that the white pages don't answer is not taken for a name that they don't have
	tab.Eval(`target.value = ""`)
	tab.Do(chromedp.SendKeys("#target", "Down"+kb.Enter))
	tab.Until(`document.querySelector("#target-problem").innerText === "The white pages can’t be reached." && document.activeElement === target`)
}

// TestAnswersThatComeLate has somebody go on before the server has answered.
func TestAnswersThatComeLate(t *testing.T) {
	tab := openDay(t)
	is := func(what, expression, want string) {
		t.Helper()
		if got := browser.Eval[string](tab, expression); got != want {
			t.Errorf("%s: %s, not %s", what, got, want)
		}
	}
	const writing = `[document.activeElement.id, document.activeElement.value, document.querySelector("#contact-name").innerText].join()`
	const sent = `[...maps.messages.values()].filter((m) => m.mine).map((m) => m.text).slice(2).join()`

	// messages: the next one is begun, and somebody else written to, while the first is on its way
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#text", "One"+kb.Enter+kb.Enter+"Two"))
	tab.Eval(`release()`)
	is("the next message is begun", writing, "text,Two,Bob Okafor")
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#text", kb.Enter), chromedp.Click(`#people [data-id="carol"]`), chromedp.SendKeys("#text", "Three"))
	tab.Eval(`release()`)
	is("another is written to", writing, "text,Three,Carol Moreau")
	is("messages that were sent", sent, "One,Two")
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#text", kb.Enter), chromedp.Click(`#people [data-id="bob"]`))
	tab.Eval(`release(true)`)
	tab.Until(`said("“Three” was not sent to Carol Moreau. There is no answer.")`)
	tab.Do(chromedp.Click(".toast[data-kind=bad] button"))
	tab.Until(sent + ` === "One,Two,Three" && [...maps.messages.values()].at(-1).link === "carol"`)

	// dialogs: another of the kind is opened before the first has done its work
	const asked = `[document.querySelector("#answer-pane").open, document.querySelector("#answer-pane h2").innerText, document.querySelector("#answer-pane [data-approve]").disabled].join()`
	tab.Do(chromedp.Click("#tab-requests"))
	for _, fail := range []string{"true", "false"} {
		tab.Do(chromedp.Click(`[aria-label="Approve henry@work.example"]`))
		tab.Eval(`hold()`)
		tab.Do(chromedp.Click("#answer-pane [data-approve]"), chromedp.KeyEvent(kb.Escape), chromedp.Click(`[aria-label="Approve 203.0.113.7"]`))
		tab.Eval(`release(` + fail + `)`)
		is("another request is looked at", asked, "true,203.0.113.7 asks to connect,false")
		is("what is wrong with that one", `document.querySelector("#answer-pane form > .problem").textContent`, "")
		tab.Do(chromedp.KeyEvent(kb.Escape))
	}
	tab.Until(`said("There is no answer.") && document.querySelector("#requests").children.length === 1`)
	tab.Do(chromedp.Click("#invite"))
	tab.Eval(`hold()`)
	tab.Do(chromedp.Click("#invite-pane [type=submit]"), chromedp.KeyEvent(kb.Escape), chromedp.Click("#invite"))
	tab.Eval(`release()`)
	is("a link for somebody else", `[document.querySelector("#invite-pane form").hidden, document.querySelector("#invite-link").value].join()`, "false,")
	tab.Do(chromedp.KeyEvent(kb.Escape), chromedp.Click("#tab-channels"))
	tab.Eval(`hold()`)
	tab.Do(chromedp.Click(`[aria-label="Show link: weather-station"]`), chromedp.Click("#new-channel"))
	tab.Eval(`release()`)
	is("a channel is made", `[document.querySelector("#channel-pane h2").innerText, document.activeElement.id].join()`, "Make a channel,channel-name")
	tab.Do(chromedp.KeyEvent(kb.Escape))

	// a switch stays as it was turned until that has failed
	tab.Eval(`hold()`)
	tab.Do(chromedp.Click("#listed"))
	tab.Eval(`maps.messages.write("000901", { link: "bob", mine: false, text: "Are you listed?", at: at(0), problem: "" })`)
	is("the switch", `String(listed.checked)`, "true")
	tab.Eval(`release(true)`)
	is("the switch that could not be turned", `String(listed.checked)`, "false")

	// a search: another name is typed before the answer
	tab.Do(chromedp.Click("#tab-people"))
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#target", "bo"))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SendKeys("#target", "n"))
	tab.Eval(`release(true)`)
	is("what is wrong with another name", `document.querySelector("#target-problem").textContent`, "")
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#target", kb.Enter))
	tab.Until(`held.length > 0`)
	tab.Eval(`release(true)`)
	is("what is wrong with a search", `document.querySelector("#target-problem").textContent`, "There is no answer.")
}
