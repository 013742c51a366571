package bluetooth

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// panel opens the panel's page.
func panel(t *testing.T, chromium *browser.Browser, look browser.Look, url, query string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, look)
	tab.Open(url + "panel.html?" + query)
	tab.Until(`document.querySelector("wab-devices").connection`)
	return tab
}

// press clicks a button or summary of the panel, as a person does.
func press(tab *browser.Tab, label string) {
	tab.Until(fmt.Sprintf("named(%q)", label))
	at := browser.Eval[[]float64](tab, fmt.Sprintf(`(() => { const b = named(%q); b.scrollIntoView({ block: "nearest" }); const r = b.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, label))
	tab.Do(chromedp.MouseClickXY(at[0], at[1]))
}

func TestThePanelInEveryLook(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	for _, look := range browser.Looks {
		t.Run(look.Name, func(t *testing.T) {
			alice := panel(t, chromium, look, url, "with=bob")
			alice.Until(`find(".empty") && !find(".empty").hidden`)
			alice.Shoot("devices-empty")
			alice.Check()
			press(alice, "Share a device")
			alice.Until(`find(".add").open`)
			alice.Shoot("devices-add")
			alice.Check()
			press(alice, "Virtual lamp")
			alice.Until(`find(".lamp")`)
			press(alice, "Share a device")
			press(alice, "Virtual heart")
			alice.Until(`text().includes("beats a minute")`)
			press(alice, "Virtual lamp: light")
			alice.Until(`find(".lamp").dataset.on === "yes" && /alice switched it/.test(text())`)
			bob := panel(t, chromium, look, url, "owner=bob&add=no&devices=alice/home/lamp+alice/home/heart+alice/home/none")
			bob.Until(`find(".lamp")?.dataset.on === "yes"`)
			bob.Until(`/[0-9]+\s+beats/.test(text())`)
			for _, tab := range []*browser.Tab{alice, bob} {
				press(tab, "All it has")
			}
			alice.Shoot("devices-owner")
			alice.Check()
			bob.Shoot("devices-guest")
			bob.Check()
			press(bob, "All it has")
			alice.Eval(`Promise.all(panel.shared.map((s) => s.close()))`)
			bob.Until(`/doesn’t share it with you now/.test(text())`)
			bob.Shoot("devices-gone")
			bob.Check()
		})
	}
}
