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

// What is written while a message is on its way stays, and so does whoever has gone on. A message that is refused stands before it: nothing of either is lost.
func TestWhatIsWrittenWhileAMessageIsSentIsKept(t *testing.T) {
	tab := openDay(t)
	field := func() string { return browser.Eval[string](tab, `document.querySelector("#text").value`) }
	send := func(text string) {
		tab.Eval(`hold()`)
		tab.Do(chromedp.SendKeys("#text", text+kb.Enter))
		tab.Until(`held.length === 1`)
	}
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	send("ahoy")
	tab.Do(chromedp.SendKeys("#text", kb.Enter+"and"), chromedp.Focus("#target")) // pressed twice, it is sent once
	tab.Eval(`release()`)
	tab.Until(`messages.innerText.includes("ahoy")`)
	if got, focus := field(), browser.Eval[string](tab, `document.activeElement.id`); got != "and" || focus != "target" {
		t.Errorf("the field has %q, and %s the focus", got, focus)
	}
	if sent := browser.Eval[int](tab, `messages.innerText.split("ahoy").length - 1`); sent != 1 {
		t.Errorf("it was sent %d times", sent)
	}
	tab.Eval(`document.querySelector("#text").value = ""`)

	send("not taken")
	tab.Do(chromedp.SendKeys("#text", "and"))
	tab.Eval(`release(true)`)
	tab.Until(`said("What you wrote to Bob Okafor was not sent. There is no answer.")`)
	if got := field(); got != "not taken and" {
		t.Errorf("the field has %q", got)
	}

	// to somebody else it is nothing
	tab.Do(chromedp.Click(`#people [data-id="carol"]`))
	if got := field(); got != "" {
		t.Errorf("to carol %q is written", got)
	}
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	if got := field(); got != "not taken and" {
		t.Errorf("to bob %q is written", got)
	}
	tab.Eval(`document.querySelector("#text").value = ""`)
	send("not taken")
	tab.Do(chromedp.Click(`#people [data-id="carol"]`))
	tab.Eval(`release(true)`)
	tab.Do(chromedp.Click(`#people [data-id="bob"]`))
	if got := field(); got != "not taken" {
		t.Errorf("to bob %q is written", got)
	}
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
	tab.Eval(`window.typed = (text) => { target.value = text; target.dispatchEvent(new Event("input")); }`)
	tab.Eval(`typed("bo")`)
	tab.Until(`held.length === 1`)
	tab.Eval(`(typed("bon"), release(true))`)
	is("what is wrong with another name", `document.querySelector("#target-problem").textContent`, "")
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#target", kb.Enter))
	tab.Until(`held.length > 0`)
	tab.Eval(`release(true)`)
	is("what is wrong with a search", `document.querySelector("#target-problem").textContent`, "There is no answer.")
}

// TestADialogStaysInItsPlaceWhenAnAnswerComes has no input near the answer, as if that was late: what moves then, moves under somebody's pointer.
func TestADialogStaysInItsPlaceWhenAnAnswerComes(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	for _, look := range browser.Looks[1:3] {
		for _, dialog := range []struct{ opens, name, link string }{{"invite", "invite-pane", "invite-link"}, {"new-channel", "channel-pane", "channel-link"}} {
			tab := chromium.Tab(t, look)
			tab.Open(server.URL + "/#day")
			tab.Until(loaded)
			tab.Eval(`(document.querySelector("#tab-channels").click(), document.getElementById("` + dialog.opens + `").click())`)
			tab.Moved()
			tab.Eval(`document.querySelector("#` + dialog.name + ` form").requestSubmit()`)
			tab.Until(`document.getElementById("` + dialog.link + `").value`)
			tab.Check()
		}
	}
}
