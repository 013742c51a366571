package call

import (
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// TestCALL4_PeopleAreCutOutOverTheApp has the model look at drawn people. Software rendering takes more than a second for each, so that only the function
// is tested, and the limit for slow computers apart. Loading the model takes longest: one page has it, and is seen in all looks.
func TestCALL4_PeopleAreCutOutOverTheApp(t *testing.T) {
	server := serveBuilt(t)
	tab := overBoard(t, browser.Start(t, "enable-unsafe-swiftshader"), browser.Looks[0], server.URL)
	begin(tab)
	tab.Eval(`document.querySelector("wab-call").cutoutPatience = 1e9`)
	tab.Eval(meeting("cutout"))
	for _, look := range browser.Looks {
		tab.Turn(look)
		tab.Until(`layer.querySelectorAll(".tile.cut").length === 3`)
		tab.Moved()
		if !browser.Eval[bool](tab, `[...layer.querySelectorAll(".tile.cut > canvas")].every((c) => {
			const alpha = (x, y) => c.getContext("2d").getImageData(Math.floor(c.width * x), Math.floor(c.height * y), 1, 1).data[3];
			return alpha(.04, .1) < 60 && alpha(.96, .1) < 60 && alpha(.5, .5) > 200;
		})`) {
			t.Error("the person is not what is left")
		}
		tab.Shoot("call-cutout")
		tab.Check()
		// The app is under what is cut out: only the name takes the pointer.
		if !browser.Eval[bool](tab, `(() => { const r = layer.querySelector(".tile.cut").getBoundingClientRect(); return document.elementFromPoint(r.x + r.width / 2, r.y + 20).tagName !== "WAB-CALL"; })()`) {
			t.Error("a person who is cut out takes the pointer")
		}
	}

	tab.Eval(`document.querySelector("wab-call").cutoutPatience = 1`)
	tab.Until(`layer.querySelector(".layer").dataset.mode === "gallery" && layer.querySelector(".note").innerText.includes("too slow")`)
	if browser.Eval[bool](tab, `layer.querySelector(".tile.cut") !== null`) {
		t.Error("too slow, and still cut out")
	}
}
