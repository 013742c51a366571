package call

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

//go:embed testdata/scene.js
var scene string

// overBoard opens a whiteboard, over which begin can put layers with drawn people.
func overBoard(t *testing.T, chromium *browser.Browser, look browser.Look, server string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, look)
	tab.Before(`localStorage.clear()`)
	tab.Open(server + "/whiteboard/")
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", "alice"), chromedp.SendKeys("#owner", kb.Enter))
	tab.Until(`document.querySelector(".state").innerText === "Live" && desk.hasAttribute("data-editable")`)
	tab.Do(chromedp.KeyEvent("h")) // what one draws with has a panel of its own, where people stand
	tab.Eval(scene)
	return tab
}

// begin puts a layer over the board, with a call of its own.
func begin(tab *browser.Tab) {
	tab.Eval(`scene().then((el) => { // the board's own bar and tools stay free
		el.style.setProperty("--wab-call-top", "68px");
		el.style.setProperty("--wab-call-bottom", "72px");
		call.turn("live");
	})`)
}

// meeting has three there, and dave where something of his is shown.
func meeting(mode string, dave ...string) string {
	return fmt.Sprintf(`(async () => {
		call.mode = %q, call.tell("mode", call.mode);
		await call.camera(true); await call.mic(true);
		call.join("bob", ["camera", "mic"]); call.join("carol", ["camera", "mic"]);
		if ([%s].length > 0) call.join("dave", ["mic", %[2]s]);
		call.tell("levels", new Map([["m-carol", 20]]), "m-carol");
	})()`, mode, strings.Join(dave, ","))
}

// pictured is true once all videos show a frame.
const pictured = `[...layer.querySelectorAll("video")].filter((v) => !v.hidden).every((v) => v.videoWidth > 0)`

func TestCALL4_TheLayerOverTheWhiteboardInEveryScene(t *testing.T) {
	server := serveBuilt(t)
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"gallery": func(tab *browser.Tab) { tab.Eval(meeting("gallery")) },
		"heads":   func(tab *browser.Tab) { tab.Eval(meeting("heads", `"camera"`)) },
		"screen":  func(tab *browser.Tab) { tab.Eval(meeting("gallery", `"camera"`, `"screen"`)) },
		"crowd": func(tab *browser.Tab) {
			tab.Eval(meeting("gallery"))
			tab.Eval(`for (let i = 1; i <= 16; i++) call.join("guest " + i, ["mic"])`)
		},
		"devices": func(tab *browser.Tab) {
			tab.Eval(`layer.querySelector("[aria-haspopup]").click()`)
			tab.Until(`layer.querySelector(".panel option")`)
		},
		"caption": func(tab *browser.Tab) {
			tab.Eval(`document.querySelector("wab-call").caption({ name: "Carol", text: "The lamp goes on when I clap: one, two, now." })`)
		},
		"refused-camera": func(tab *browser.Tab) {
			tab.Eval(`(async () => { const { Fault } = await import("/wab/call.js"); await call.camera(false); call.tell("fault", new Fault("camera", "denied", "Your browser doesn’t let this page use the camera. Allow it by the sign beside the address, then try again. You are in the call meanwhile.")); })()`)
		},
		"reconnecting": func(tab *browser.Tab) { tab.Eval(`call.turn("reconnecting")`) },
		"refused": func(tab *browser.Tab) {
			tab.Eval(`call.turn("refused", { code: "not_allowed", message: "Only those whom alice lets in may come into this meeting. Ask alice." })`)
		},
	}
	for _, look := range browser.Looks {
		t.Run(look.Name, func(t *testing.T) {
			tab := overBoard(t, chromium, look, server.URL)
			for _, name := range slices.Sorted(maps.Keys(scenes)) {
				t.Log("the scene:", name) // what is said next is about it
				begin(tab)
				if !slices.Contains([]string{"gallery", "heads", "screen", "crowd"}, name) {
					tab.Eval(meeting("gallery"))
				}
				scenes[name](tab)
				tab.Until(pictured)
				tab.Moved() // tiles make room for those who come
				tab.Shoot("call-" + name)
				tab.Check()
				tab.Eval(`layer.host.remove()`)
			}
		})
	}
}

// serveBuilt runs the built command.
func serveBuilt(t *testing.T, args ...string) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, append([]string{"--dev"}, args...)...)
}
