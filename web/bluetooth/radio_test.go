package bluetooth

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/bluetoothemulation"
	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

const (
	lampService    = "8e7d0000-1f5a-4c7e-9b7c-77616c616d70"
	lampOn         = "8e7d0001-1f5a-4c7e-9b7c-77616c616d70"
	lampColour     = "8e7d0002-1f5a-4c7e-9b7c-77616c616d70"
	lampBrightness = "8e7d0003-1f5a-4c7e-9b7c-77616c616d70"
)

// emulateLamp makes a lamp of our own kind, with hardware that the browser makes up.
func emulateLamp(t *testing.T, tab *browser.Tab) *peripheral {
	t.Helper()
	all := bluetoothemulation.CharacteristicProperties{Read: true, Write: true, Notify: true}
	return emulate(t, tab, "Desk lamp", lampService,
		cell{lampOn, all, []byte{0}}, cell{lampColour, all, []byte{0xff, 0x88, 0}},
		cell{lampBrightness, bluetoothemulation.CharacteristicProperties{Read: true, WriteWithoutResponse: true}, []byte{50}})
}

// choose has a person choose the lamp in the browser's list, by a click on the page's button.
func choose(tab *browser.Tab) {
	tab.Eval(`document.querySelector("#go").onclick = () => bluetooth.choose(bluetooth.lamp).then((d) => (window.chosen = d))`)
	tab.Do(chromedp.Click("#go"))
	tab.Until(`window.chosen`)
}

// The browser's emulation can't fail what is under way when a device leaves, as real ones do: the TypeScript tests are about that. What their fakes of the TypeScript tests believe of a browser
// otherwise, a real one does.
func TestTheDriverOfRealDevicesWorksInARealBrowser(t *testing.T) {
	tab := open(t, browser.Start(t, bluetooth), serve(t), "alice")
	lamp := emulateLamp(t, tab)
	choose(tab)
	tab.Eval(`(async () => {
		window.heard = [];
		window.radio = new bluetooth.Radio(chosen);
		radio.onvalue = (at, v) => heard.push(at.slice(-36, -28) + " " + [...v]);
		radio.onreach = (reach) => heard.push(reach);
		await radio.connect();
		await Promise.all([radio.write("` + lampService + "/" + lampOn + `", Uint8Array.of(1)), radio.write("` + lampService + "/" + lampBrightness + `", Uint8Array.of(70)), radio.read("` + lampService + "/" + lampColour + `")]);
	})()`)
	if got, want := lamp.writes(), []string{lampOn + " 01", lampBrightness + " 46"}; !slices.Equal(got, want) {
		t.Errorf("written %q, not %q", got, want)
	}
	tab.Until(`heard.join() === "here,8e7d0002 255,136,0"`)
	tab.Eval(`radio.notify("` + lampService + "/" + lampOn + `", true)`)
	lamp.leave()
	tab.Until(`heard.at(-1) === "lost" && radio.reach === "lost"`)
	tab.Eval(`radio.write("` + lampService + "/" + lampOn + `", Uint8Array.of(0)).catch((e) => (window.failed = e.code + " " + e.message))`)
	tab.Until(`window.failed?.startsWith("unavailable Desk lamp is out of reach.")`)
	lamp.come()
	tab.Until(`heard.at(-1) === "here"`)
	tab.Eval(`radio.write("` + lampService + "/" + lampOn + `", Uint8Array.of(1))`)
	lamp.until(lampOn, 1)
	tab.Eval(`radio.close()`)
	tab.Until(`!chosen.gatt.connected`)
}
