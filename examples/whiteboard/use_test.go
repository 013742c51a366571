package whiteboard

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

// open is the page on a client without a server, in a scene.
func open(t *testing.T, scene string, look browser.Look) *browser.Tab {
	t.Helper()
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, look)
	tab.Open(server.URL + "/?ca=home#" + scene)
	tab.Until(there)
	return tab
}

// last is what the newest element is.
const last = `[...window.board.values()].sort((a, b) => a.z - b.z).at(-1)`

func ctrl() chromedp.KeyOption { return chromedp.KeyModifiers(chromedp.ModifierCtrl) }

func TestEverythingByKeyboard(t *testing.T) {
	tab := open(t, "empty", browser.Looks[0])
	tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent("r"), chromedp.KeyEvent(kb.Enter))
	tab.Until(`window.board.size === 1 && ` + last + `.kind === "rect" && select.getAttribute("aria-pressed") === "true"`)
	x := browser.Eval[float64](tab, last+`.x`)
	tab.Do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("3"))
	tab.Until(fmt.Sprintf(`%s.x === %v && %s.color === "red"`, last, x+1, last))
	w := browser.Eval[float64](tab, last+`.w`)
	tab.Do(chromedp.KeyEvent(kb.ArrowRight, ctrl()))
	tab.Until(fmt.Sprintf(`%s.w === %v`, last, w+8))
	tab.Do(chromedp.KeyEvent("d", ctrl()))
	tab.Until(`window.board.size === 2`)
	tab.Do(chromedp.KeyEvent("n"), chromedp.KeyEvent(kb.Enter))
	tab.Until(`!typing.hidden && document.activeElement === typing`)
	tab.Do(chromedp.KeyEvent("Tea" + kb.Escape))
	tab.Until(`window.board.size === 3 && ` + last + `.text === "Tea" && typing.hidden && document.activeElement === surface`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`!typing.hidden && typing.value === "Tea"`)
	tab.Do(chromedp.KeyEvent(kb.End + "!" + kb.Escape))
	tab.Until(last + `.text === "Tea!"`)
	tab.Do(chromedp.KeyEvent("["))
	tab.Until(last + `.kind === "rect"`)

	// Tab goes through all, says what each is, and goes on to the buttons after the last
	tab.Do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Tab))
	tab.Until(`live.innerText.includes("Note, red: Tea!")`)
	tab.Do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab))
	tab.Until(`document.activeElement !== surface`)
	tab.Do(chromedp.Focus("#surface"), chromedp.KeyEvent("a", ctrl()))
	tab.Until(`live.innerText.includes("3 elements selected")`)
	tab.Do(chromedp.KeyEvent(kb.Delete))
	tab.Until(`window.board.size === 0 && live.innerText.includes("3 elements deleted")`)
	for range 10 {
		tab.Do(chromedp.KeyEvent("z", ctrl()))
	}
	tab.Until(`window.board.size === 0 && undo.disabled`)
	for range 3 {
		tab.Do(chromedp.KeyEvent("y", ctrl()))
	}
	tab.Until(`window.board.size === 1`)
}

func TestImagesArePastedAndMadeSmall(t *testing.T) {
	tab := open(t, "empty", browser.Looks[0])
	tab.Eval(`(async () => {
		const canvas = new OffscreenCanvas(2600, 1700), c = canvas.getContext("2d");
		for (let i = 0; i < 30000; i++) { c.fillStyle = "hsl(" + Math.random() * 360 + " 80% 60%)"; c.fillRect(Math.random() * 2600, Math.random() * 1700, 40, 40); }
		const blob = await canvas.convertToBlob();
		const data = new DataTransfer();
		data.items.add(new File([blob], "noise.png", { type: "image/png" }));
		window.weight = blob.size;
		document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
	})()`)
	tab.Until(`window.board.size === 1`)
	bytes := browser.Eval[int](tab, last+`.image.length`)
	t.Logf("an image of %d bytes became one of %d", browser.Eval[int](tab, `window.weight`), bytes)
	if bytes > maxImage {
		t.Errorf("%d bytes are more than the server takes", bytes)
	}
	tab.Until(last + `.kind === "image" && Math.abs(` + last + `.w / ` + last + `.h - 2600 / 1700) < 0.02`)
	settle(tab)
	tab.Shoot("whiteboard-image")
	uitest.Listen(tab)
	tab.Eval(`(() => {
		const data = new DataTransfer();
		data.items.add(new File(["no image"], "x.png", { type: "image/png" }));
		surface.dispatchEvent(new DragEvent("drop", { dataTransfer: data, clientX: 300, clientY: 300, bubbles: true, cancelable: true }));
	})()`)
	tab.Until(`said("x.png is not an image")`)
}

func TestTheViewMoves(t *testing.T) {
	tab := open(t, "live", browser.Looks[0])
	zoomIs := func(percent string) {
		tab.Until(fmt.Sprintf(`document.querySelector("#percent").textContent === %q`, percent+" %"))
	}
	before := browser.Eval[string](tab, `surface.style.backgroundPosition`)
	wheel := func(dx, dy float64, modifiers int64) { // both must be other than 0
		tab.Do(chromedp.MouseEvent(chromedp.MouseWheel, 600, 400, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY, p.Modifiers = dx, dy, modifiers }))
	}
	wheel(30, 50, 0)
	tab.Until(fmt.Sprintf(`surface.style.backgroundPosition !== %q`, before))
	tab.Do(chromedp.KeyEvent("0"))
	zoomIs("100")
	wheel(1, -50, 2)
	tab.Until(`parseInt(document.querySelector("#percent").textContent) > 130`)
	tab.Do(chromedp.KeyEvent("f"))
	tab.Until(`parseInt(document.querySelector("#percent").textContent) < 100`)

	// the space bar makes every tool move the view
	before = browser.Eval[string](tab, `surface.style.backgroundPosition`)
	size := browser.Eval[int](tab, `window.board.size`)
	tab.Eval(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }))`)
	drag(tab, "", 500, 600, 560, 640)
	tab.Eval(`document.body.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }))`)
	tab.Until(fmt.Sprintf(`surface.style.backgroundPosition !== %q && window.board.size === %d`, before, size))

	// two fingers move and zoom, and what the first began is taken back
	tab.Do(chromedp.KeyEvent("d"), chromedp.KeyEvent("0"))
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		t.Helper()
		if _, err := chromedp.Call(tab, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points}); err != nil {
			t.Fatal(err)
		}
	}
	at := func(id, x, y float64) *input.TouchPoint { return &input.TouchPoint{X: x, Y: y, ID: &id} }
	touch(input.DispatchTouchEventTypeTouchStart, at(1, 500, 400))
	touch(input.DispatchTouchEventTypeTouchMove, at(1, 480, 400))
	touch(input.DispatchTouchEventTypeTouchStart, at(1, 480, 400), at(2, 600, 400))
	touch(input.DispatchTouchEventTypeTouchMove, at(1, 420, 400), at(2, 660, 400))
	touch(input.DispatchTouchEventTypeTouchEnd)
	zoomIs("200")
	tab.Until(fmt.Sprintf(`window.board.size === %d`, size))
}

// TestThousandsOfElements prints how long frames take while the view moves over them, and while one draws among them. It judges nothing: machines differ.
func TestThousandsOfElements(t *testing.T) {
	tab := open(t, "many", browser.Looks[0])
	tab.Do(chromedp.KeyEvent("f"))
	tab.Eval(`window.time = async step => {
		const times = [];
		for (let i = 0; i < 40; i++) {
			await new Promise(requestAnimationFrame);
			const start = performance.now();
			step(i);
			await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
			times.push(performance.now() - start);
		}
		times.sort((a, b) => a - b);
		return times[20].toFixed(1) + " ms, at worst " + times[39].toFixed(1) + " ms";
	}`)
	pan := `time(i => surface.dispatchEvent(new WheelEvent("wheel", { deltaX: 6 - i % 12, deltaY: 4, cancelable: true })))`
	t.Logf("2,000 elements in view, moving: %s a frame", browser.Eval[string](tab, pan))
	tab.Do(chromedp.KeyEvent("0"))
	t.Logf("2,000 elements, those of one screen in view, moving: %s a frame", browser.Eval[string](tab, pan))
	tab.Do(chromedp.KeyEvent("f"), chromedp.KeyEvent("d"))
	t.Logf("2,000 elements in view, drawing: %s a frame", browser.Eval[string](tab, `(() => {
		const hand = (type, i) => surface.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: 300 + 8 * i, clientY: 400 + 30 * Math.sin(i / 4), bubbles: true, button: 0 }));
		surface.setPointerCapture = () => {};
		hand("pointerdown", 0);
		return time(i => hand("pointermove", i)).finally(() => hand("pointerup", 40));
	})()`))
	tab.Until(`window.board.size === 2001`)
}
