package call

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
)

// at is the middle of an element of the layer.
func at(tab *browser.Tab, selector string) (x, y float64) {
	p := browser.Eval[[]float64](tab, fmt.Sprintf(`(() => { const r = (document.querySelector(%q) ?? el.shadowRoot.querySelector(%[1]q)).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, selector))
	return p[0], p[1]
}

func press(tab *browser.Tab, x, y float64) {
	tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, x, y), chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)), chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

// drag moves from one place to another.
func drag(tab *browser.Tab, x1, y1, x2, y2 float64) {
	tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, x1, y1), chromedp.MouseEvent(chromedp.MousePressed, x1, y1, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	const all = 8
	for i := 1.0; i <= all; i++ {
		tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, x1+(x2-x1)*i/all, y1+(y2-y1)*i/all, chromedp.ButtonLeft))
	}
	tab.Do(chromedp.MouseEvent(chromedp.MouseReleased, x2, y2, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

// rect is where somebody's tile is: x, y, width, height.
func rect(tab *browser.Tab, tile string) []float64 {
	return browser.Eval[[]float64](tab, fmt.Sprintf(`(() => { const r = el.shadowRoot.querySelector(%q).getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()`, tile))
}

func TestCALL4_PointerAndKeyboardReachTheAppAndTheTiles(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, fakes...)
	openMeeting(t, chromium, h)
	tab := come(t, chromium, h.page("alice"))
	tab.Until(live + ` && el.call.track("camera") && el.call.track("mic")`)

	// The app behind: the layer is over all of it, and takes nothing.
	x, y := at(tab, "#behind")
	press(tab, x, y)
	tab.Until(`pressed.textContent === "1"`)
	x, y = at(tab, "#field")
	press(tab, x, y)
	tab.Do(chromedp.KeyEvent("mvt-"))
	tab.Until(`field.value === "mvt-" && el.call.isOn("mic")`)

	// A tile follows the pointer, and parks at the edge.
	const self = `.tile[data-self]`
	x, y = at(tab, self)
	drag(tab, x, y, 130, 300)
	if r := rect(tab, self); r[0] != 16 || r[1] < 200 || r[1] > 300 {
		t.Errorf("dragged near the left edge it is at %v", r)
	}
	// By keys: it moves, grows and goes back.
	tab.Eval(`el.shadowRoot.querySelector(".tile[data-self]").focus()`)
	before := rect(tab, self)
	tab.Do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("+"))
	if r := rect(tab, self); r[0] <= before[0] || r[1] <= before[1] || r[2] <= before[2] {
		t.Errorf("moved and enlarged by keys it went from %v to %v", before, r)
	}
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`el.shadowRoot.querySelector(".tile.big")`)
	tab.Do(chromedp.KeyEvent(kb.Home))
	if r := rect(tab, self); r[0] < 1000 || r[2] != 208 {
		t.Errorf("put back it is at %v", r)
	}

	// The keys that work everywhere, in a field too.
	tab.Do(chromedp.Focus("#field"))
	for _, key := range []struct{ code, then string }{
		{"KeyM", `!el.call.isOn("mic")`}, {"KeyV", `!el.call.isOn("camera") && !el.call.track("camera")`}, {"KeyM", `el.call.track("mic")`}, {"KeyV", `el.call.track("camera")`},
		{"KeyC", `!el.shadowRoot.querySelector(".captions").hidden`},
	} {
		tab.Eval(fmt.Sprintf(`field.dispatchEvent(new KeyboardEvent("keydown", { code: %q, altKey: true, shiftKey: true, bubbles: true, cancelable: true, composed: true }))`, key.code))
		tab.Until(key.then)
	}

	// Controls: they dim when nobody reaches for them, and are back with the pointer and the focus.
	tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, 600, 300))
	tab.Until(`el.shadowRoot.querySelector(".layer").hasAttribute("data-idle")`)
	x, y = at(tab, ".bar")
	tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, x, y))
	tab.Until(`!el.shadowRoot.querySelector(".layer").hasAttribute("data-idle")`)
	tab.Do(chromedp.MouseEvent(chromedp.MouseMoved, 600, 300))
	tab.Until(`el.shadowRoot.querySelector(".layer").hasAttribute("data-idle")`)
	tab.Do(chromedp.Focus("#field"), chromedp.KeyEvent(kb.Tab)) // from the app's last field to the first tile
	tab.Until(`el.shadowRoot.activeElement?.matches(".tile") && !el.shadowRoot.querySelector(".layer").hasAttribute("data-idle")`)
	tab.Do(chromedp.KeyEvent(kb.Tab))
	tab.Until(`el.shadowRoot.activeElement?.matches(".bar button")`)

	// Devices: a dialog that takes the focus and gives it back.
	tab.Eval(`el.shadowRoot.querySelector("[aria-haspopup]").click()`)
	tab.Until(`el.shadowRoot.activeElement?.closest(".panel") && el.shadowRoot.querySelectorAll(".panel option").length >= 3`)
	tab.Do(chromedp.KeyEvent(kb.Escape))
	tab.Until(`el.shadowRoot.activeElement?.getAttribute("aria-haspopup") === "dialog" && el.shadowRoot.querySelector(".panel").hidden`)
	tab.Check()
}

func TestCALL4_WhoComesAndGoesAndWhatIsSaidIsTold(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, fakes...)
	openMeeting(t, chromium, h, "bob")
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live)
	bob := come(t, chromium, h.page("bob", "media=mic"))
	const said = `el.shadowRoot.querySelector('.unseen[role="status"]').textContent`
	alice.Until(said + `.includes("bob has joined.")`)
	alice.Until(`el.shadowRoot.querySelector('.tile:not([data-self])')?.getAttribute("aria-label") === "bob, camera off"`)
	alice.Until(`el.shadowRoot.querySelector('.tile[data-speaking]')`) // the fake microphone beeps
	alice.Eval(`el.caption({ name: "Bob", text: "Hello", final: false }), el.caption({ name: "Bob", text: "Hello Alice." })`)
	alice.Until(`el.shadowRoot.querySelector('[role="log"]').innerText.trim() === "Bob: Hello Alice."`)
	bob.Eval(`el.leave()`)
	alice.Until(said + `.includes("bob has left.")`)
	bob.Until(`el.dataset.state === "ended" && el.shadowRoot.querySelector(".state").innerText.includes("Come back")`)
}

func TestCALL4_AScreenIsShared(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, append(fakes, "auto-select-desktop-capture-source=Entire screen", "auto-accept-this-tab-capture")...)
	openMeeting(t, chromium, h, "bob")
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live)
	bob := come(t, browser.Start(t, fakes...), h.page("bob"))
	bob.Until(live)
	// There is no screen to share here: a drawn one takes its place.
	alice.Eval(`navigator.mediaDevices.getDisplayMedia = async () => {
		const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
		const c = canvas.getContext("2d");
		setInterval(() => { c.fillStyle = "hsl(" + performance.now() % 360 + " 50% 50%)"; c.fillRect(0, 0, 640, 360); }, 100);
		return canvas.captureStream(10);
	}`)
	alice.Eval(`el.screen(true)`)
	bob.Until(`(() => { const v = el.shadowRoot.querySelector('.tile[data-source="screen"] > video'); return v && v.getVideoPlaybackQuality().totalVideoFrames > 3; })()`)
	alice.Eval(`el.screen(false)`)
	bob.Until(`!el.shadowRoot.querySelector('.tile[data-source="screen"]')`)
	alice.Eval(`el.screen(true)`)
	bob.Until(`(() => { const v = el.shadowRoot.querySelector('.tile[data-source="screen"] > video'); return v && v.getVideoPlaybackQuality().totalVideoFrames > 3; })()`)
}
