package bluetooth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/bluetoothemulation"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/deviceaccess"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

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

// press presses a button or summary of the panel that lies open to a pointer, by a key: cards above it grow as devices tell more of themselves, and a pointer that was sent to
// where it has been would miss it.
func press(tab *browser.Tab, label string) {
	tab.Until(fmt.Sprintf("reachable(%q)", label))
	tab.Eval(fmt.Sprintf("named(%q).focus()", label))
	tab.Do(chromedp.KeyEvent(kb.Enter))
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

func TestDEV5_EverybodyUsesALampInThePanelUntilItsOwnerEndsIt(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice := panel(t, chromium, browser.Looks[0], url, "")
	lamp := emulateLamp(t, alice)
	press(alice, "Add a device")
	press(alice, "Bluetooth lamp …")
	alice.Until(`text().includes("Only you can use it.") && /Desk lamp/.test(text())`)
	bob := panel(t, chromium, browser.Looks[0], url, "owner=bob&devices=alice/home/lamp")
	bob.Until(`/alice doesn’t share it with you now/.test(text())`)
	alice.Eval(`find(".owner summary").click()`)
	alice.Eval(`named("With whom to share Desk lamp").value = "bob"`)
	press(alice, "Share Desk lamp")
	alice.Until(`text().includes("Shared with bob (read it, use it, follow it).")`)
	bob.Until(`named("Desk lamp: light") && !named("Desk lamp: light").disabled`) // looked at again by itself
	bob.Eval(`named("Desk lamp: light").focus()`)
	bob.Do(chromedp.KeyEvent(" "))
	lamp.until(lampOn, 1)
	bob.Until(`find(".lamp").dataset.on === "yes" && find("[role=status]").textContent === "Desk lamp on"`)
	alice.Until(`find(".lamp").dataset.on === "yes" && /bob switched it/.test(text()) && find("[role=status]").textContent === "Desk lamp on"`)
	bob.Eval(`(() => { const c = named("Desk lamp: colour"); c.value = "#00ff7f"; c.dispatchEvent(new Event("input")); })()`)
	lamp.until(lampColour, 0, 0xff, 0x7f)
	bob.Eval(`named("Desk lamp: brightness").focus()`)
	bob.Do(chromedp.KeyEvent(kb.ArrowRight))
	lamp.until(lampBrightness, 51)

	lamp.leave()
	bob.Until(`find(".reach").textContent === "Out of reach" && named("Desk lamp: light").disabled && find("[role=status]").textContent === "Desk lamp out of reach"`)
	bob.Shoot("devices-lost")
	bob.Check()
	lamp.come()
	bob.Until(`!named("Desk lamp: light").disabled && find(".reach").hidden`)

	press(alice, "Stop sharing Desk lamp")
	alice.Until(`text().includes("Only you can use it.")`)
	bob.Until(`/alice doesn’t share it with you now/.test(text())`)
	alice.Eval(`find(".owner details").open || find(".owner summary").click()`)
	alice.Eval(`[...panel.shadowRoot.querySelectorAll(".owner [type=checkbox]")].slice(1).forEach((c) => (c.checked = false))`)
	press(alice, "Share Desk lamp")
	alice.Until(`text().includes("Shared with bob (read it).")`)
	bob.Until(`named("Desk lamp: light")?.disabled && named("Desk lamp: brightness").disabled`) // they may look at it only
	alice.Close()
	bob.Until(`find(".reach")?.textContent === "Gone" || /doesn’t share it/.test(text())`)
}

// What the owner's own second tab sees is what there is, and it ends it.
func TestDEV5_ASecondTabOfTheOwnersRevokes(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	one := panel(t, chromium, browser.Looks[0], url, "with=bob")
	press(one, "Add a virtual lamp")
	one.Until(`named("Virtual lamp: light")`)
	two := panel(t, chromium, browser.Looks[0], url, "")
	two.Until(`text().includes("Shared with bob")`)
	press(two, "Virtual lamp: light")
	one.Until(`find(".lamp").dataset.on === "yes"`)
	press(two, "Stop sharing Virtual lamp")
	one.Until(`text().includes("Only you can use it.")`)
	two.Eval(`panel.add("virtual-lamp")`) // under another name: the first goes on
	two.Until(`panel.devices.includes("house:alice/home/lamp-2")`)
	one.Until(`panel.shared.length === 1 && panel.devices.includes("house:alice/home/lamp-2")`)
	two.Close()
	one.Until(`panel.devices.length === 1`)
}

// The connection is the page's, and goes on: the panel's own would end with it, and what it connects to as well.
func TestDEV5_APanelThatIsRemovedLetsGoOfWhatItConnectsTo(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "with=bob")
	alice.Eval(`Promise.all([import("/wab/wab.js"), import("/wab/bluetooth.js")]).then(async ([{ connect }, { virtualLamp }]) => {
		panel.connection = await connect({ app: "house", ca: "home", owner: "alice" });
		const lamp = virtualLamp(), join = lamp.connect.bind(lamp);
		lamp.connect = () => new Promise((done) => (window.near = done)).then(join);
		Object.assign(window, { lamp, driven: panel.drive(lamp, "lamp").then(() => "driven", (e) => e.message) });
	})`)
	alice.Until(`window.near && text().includes("Connecting to Virtual lamp …")`)
	alice.Eval(`panel.remove()`)
	alice.Until(`lamp.reach === "gone"`) // at once, however long connecting takes
	alice.Eval(`near()`)
	said(t, alice, `driven`, "The panel was removed from the page.")
	said(t, alice, `panel.connection.call("DeviceShared", ["lamp"]).then(({ online, with: all }) => online + " " + (all?.length ?? 0))`, "false 0")
	alice.Eval(`document.querySelector("main").append(panel)`)
	alice.Until(`!find(".empty").hidden && panel.devices.length === 0`)
	alice.Eval(`panel.add("virtual-lamp")`) // what is added from now on lives as long as it stays this time
	alice.Until(`named("Virtual lamp: light")`)
}

// A connection that comes when the panel has left the page is nobody's, however often it comes and goes meanwhile. All are closed but the one that it has.
func TestDEV5_APanelKeepsNoConnectionThatComesWhenItIsRemoved(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "")
	alice.Eval(`(() => {
		const session = Object.getPrototypeOf(panel.connection), { ready, close } = session, place = panel.parentNode;
		Object.assign(window, { place, open: new Set(), arrive: [] });
		session.ready = function (...args) { open.add(this); return ready.apply(this, args).then(() => new Promise((done) => arrive.push(done))); };
		session.close = function () { open.delete(this); return close.call(this); };
		panel.remove();
	})()`)
	alice.Until(`!panel.connection`)
	alice.Eval(`place.append(panel)`)
	alice.Until(`arrive.length === 1`)
	alice.Eval(`panel.remove()`)
	alice.Eval(`arrive[0]()`)
	alice.Until(`open.size === 0`)
	for n := range 2 {
		alice.Eval(`place.append(panel)`)
		alice.Until(fmt.Sprintf(`arrive.length === %d`, n+2))
		alice.Eval(`panel.remove()`)
	}
	alice.Eval(`place.append(panel)`)
	alice.Until(`arrive.length === 4`)
	alice.Eval(`arrive.forEach((done) => done())`)
	alice.Until(`panel.connection && open.size === 1`)
	alice.Eval(`place.append(panel)`) // it is moved, and stays connected
	alice.Eval(`panel.remove()`)
	alice.Until(`!panel.connection && open.size === 0`)
}

// As where the panel is removed while somebody looks through the browser's list of devices.
func TestDEV5_ADriverThatComesWhenThereIsNoConnectionIsClosed(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "")
	alice.Eval(`panel.remove()`)
	alice.Until(`!panel.connection`)
	alice.Eval(`import("/wab/bluetooth.js").then(({ virtualLamp }) => { window.lamp = virtualLamp(); })`)
	said(t, alice, `panel.drive(lamp, "lamp").then(() => "driven", (e) => e.message)`, "There is no connection yet. Try again in a moment.")
	said(t, alice, `lamp.reach`, "gone")
	said(t, alice, `panel.add("virtual-lamp").then(() => find("[role=alert]").textContent)`, "There is no connection yet. Try again in a moment.")
	alice.Eval(`document.querySelector("main").append(panel)`)
	alice.Until(`panel.connection && find("[role=alert]").textContent === ""`) // nobody is told what was wrong before
}

// The card of a device that the page names is there before anybody drives it.
func TestDEV5_ADeviceThatIsNamedBeforeItIsAddedIsThisTabs(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "devices=lamp")
	alice.Until(`text().includes("Looking for it …")`)
	alice.Eval(`(() => {
		const reach = find(".reach"), aloud = find("[role=status]");
		window.told = [];
		for (const el of [reach, aloud]) new MutationObserver((all) => all.forEach((m) => m.addedNodes.forEach((text) => told.push(text.data)))).observe(el, { childList: true });
	})()`)
	alice.Eval(`import("/wab/bluetooth.js").then(({ virtualLamp }) => {
		const lamp = virtualLamp(), read = lamp.read.bind(lamp), late = new Promise((done) => (window.near = done));
		lamp.read = (at) => late.then(() => read(at)); // what it is like is asked when it is known already
		panel.drive(lamp, "lamp");
	})`)
	alice.Until(`named("Virtual lamp: light")`)
	alice.Eval(`near()`)
	alice.Until(`find(".reach").hidden && !named("Virtual lamp: light").disabled`)
	press(alice, "Remove Virtual lamp")
	alice.Until(`text().includes("Looking for it …") && panel.shared.length === 0`)
	said(t, alice, `told.filter((text) => /gone|back/i.test(text)).join()`, "")
	said(t, alice, `told.at(-1)`, "Virtual lamp removed")
}

func TestTwoOfAKindThatAreAddedAtOnceHaveNamesOfTheirOwn(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "")
	said(t, alice, `Promise.all([panel.add("virtual-lamp"), panel.add("virtual-lamp")]).then((both) => both.map((lamp) => lamp?.name).sort().join())`, "lamp,lamp-2")
	alice.Until(`panel.shared.length === 2 && panel.shadowRoot.querySelectorAll(".lamp").length === 2`)
}

func TestWhatGoesWrongTwiceIsReadOutTwice(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "")
	alice.Eval(`panel.add("virtual-heart")`)
	alice.Until(`text().includes("beats a minute") && find("[role=status]").textContent === "Virtual heart added"`)
	press(alice, "Change")
	const why = "Say with whom, and tick what they may. To take it back from all, stop sharing."
	for _, words := range []string{why, why + "\u00a0", why} { // the same words would be read out once
		press(alice, "Share Virtual heart")
		alice.Until(fmt.Sprintf(`find("[role=status]").textContent === %q`, words))
	}
}

// What others may is not more because somebody looked at it.
func TestDEV5_AChangeOfSharingBeginsWithHowItIs(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[0], serve(t), "with=bob&may=read")
	alice.Eval(`panel.add("virtual-lamp")`)
	alice.Until(`text().includes("Shared with bob (read it).")`)
	press(alice, "Change")
	alice.Until(`[...panel.shadowRoot.querySelectorAll(".owner [type=checkbox]")].map((c) => c.checked).join() === "true,false,false"`)
	alice.Eval(`(() => { const subjects = named("With whom to share Virtual lamp"); subjects.value += " carol"; })()`)
	press(alice, "Share Virtual lamp")
	alice.Until(`text().includes("Shared with bob, carol (read it).")`)
}

// Whoever works by keyboard goes on near by: what has the focus is gone with what it belongs to.
func TestTheFocusStaysInThePanelWhenADeviceGoes(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	alice := panel(t, chromium, browser.Looks[0], url, "with=bob")
	press(alice, "Add a virtual lamp")
	alice.Until(`named("Virtual lamp: light")`)
	bob := panel(t, chromium, browser.Looks[0], url, "owner=bob&add=no&devices=alice/home/lamp")
	bob.Until(`named("Virtual lamp: light") && !named("Virtual lamp: light").disabled`)
	bob.Eval(`named("Virtual lamp: light").focus()`)
	press(alice, "Remove Virtual lamp")
	alice.Until(`panel.devices.length === 0 && panel.shadowRoot.activeElement?.textContent === "Devices"`)
	bob.Until(`text().includes("doesn’t share it with you now") && panel.shadowRoot.activeElement?.textContent === "Virtual lamp"`)
}

const evil = `<img src=x onerror="window.hacked=1">`

func TestDEV5_WhatDevicesSayIsShownAsText(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice := panel(t, chromium, browser.Looks[2], url, "with=bob")
	read := bluetoothemulation.CharacteristicProperties{Read: true, Write: true}
	emulate(t, alice, evil+"\u202e"+strings.Repeat("x", 100), "0000180a-0000-1000-8000-00805f9b34fb",
		cell{"00002a29-0000-1000-8000-00805f9b34fb", read, []byte(evil)}, cell{"00002a24-0000-1000-8000-00805f9b34fb", read, slices.Repeat([]byte{0xff}, 512)})
	press(alice, "Share a device")
	press(alice, "Any Bluetooth device …")
	alice.Until("find('h3')?.textContent.startsWith(`" + evil + " xxx`)")
	alice.Until("text().includes(`" + evil + "`) && [...panel.shadowRoot.querySelectorAll('.value')].some((v) => v.textContent === `" + evil + "`)")
	alice.Until(`!window.hacked && !find("img")`)
	alice.Shoot("devices-hostile")
	alice.Check()
}

func TestAPageWithoutBluetoothSaysSo(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	for _, page := range []struct{ what, script, words string }{
		{"no Web Bluetooth", `delete Navigator.prototype.bluetooth`, "This browser has no Web Bluetooth."},
		{"not secure", `delete Navigator.prototype.bluetooth; Object.defineProperty(window, "isSecureContext", { value: false })`, "Bluetooth needs a secure page"},
	} {
		t.Run(page.what, func(t *testing.T) {
			tab := chromium.Tab(t, browser.Looks[2])
			tab.Before(page.script)
			tab.Open(url + "panel.html")
			tab.Until(`document.querySelector("wab-devices").connection`)
			press(tab, "Add a device")
			tab.Until(fmt.Sprintf("find('.why')?.textContent.startsWith(%q)", page.words))
			tab.Shoot("devices-" + strings.ReplaceAll(page.what, " ", "-"))
			tab.Check()
			press(tab, "Virtual lamp")
			tab.Until(`named("Virtual lamp: light")`)
		})
	}
}

// Whoever shares a device may have anything said of it: a panel of others stays whole.
func TestDEV5_AHostileOwnersDeviceBreaksNoPanel(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	alice, bob := open(t, chromium, url, "alice"), panel(t, chromium, browser.Looks[2], url, "owner=bob&devices=alice/home/lamp+alice/home/good")
	alice.Eval(`bluetooth.share(home, { name: "good", driver: bluetooth.virtualLamp(), with: ["bob"] })`)
	alice.Eval(`home.call("DeviceReport", ["lamp", { info: { name: "evil", profile: "lamp" } }, []]).then(() => home.call("DeviceShare", ["lamp", { with: ["bob"], may: ["read", "write", "notify"] }]))`)
	bob.Until(`[...panel.shadowRoot.querySelectorAll("h3")].some((h) => h.textContent === "evil")`)
	for i, junk := range []string{
		`{ info: 7, services: 7, state: 7, shared: 7, reach: 7 }`,
		`{ info: [null], services: [null, 7, { uuid: 7 }, { uuid: "x", characteristics: 7 }, { uuid: "y", characteristics: [null, 7, { uuid: {}, can: 7 }, { uuid: "z", can: [7, "read", {}] }] }], state: [], shared: { with: [7, null, {}], may: 7 } }`,
		`{ info: { name: {}, profile: "lamp", made: 7, kind: {} }, state: { on: "yes", colour: "red; background: url(//x)", brightness: 1e9, can: "on" } }`,
		`{ info: { name: "x", profile: "heart-rate" }, state: { bpm: 1e300, contact: "x", battery: {}, place: [] } }`,
		`{ info: { name: "x", profile: "__proto__" }, services: [{ uuid: "__proto__", characteristics: [{ uuid: "constructor", can: ["read", "write", "notify"] }] }], "value/__proto__/constructor": { hex: {}, text: [], at: "x" }, state: { __proto__: null, can: 2n ** 60n } }`,
		`{ services: Array.from({ length: 100 }, (_, n) => ({ uuid: "u" + n, characteristics: Array.from({ length: 15 }, (_, m) => ({ uuid: "c" + m, can: ["read"] })) })) }`,
	} {
		alice.Eval(`home.call("DeviceReport", ["lamp", { ...` + junk + `, mark: ` + strconv.Itoa(i) + ` }, []])`)
		bob.Eval(fmt.Sprintf(`panel.connection.map("alice/home/lamp-reported").then((m) => new Promise((seen) => { const look = () => m.get("mark") === %d && seen(); m.on("change", look); look(); }))`, i))
		bob.Eval(`new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))`)
	}
	bob.Until(`panel.shadowRoot.querySelectorAll(".inside li").length <= 128 + 3`)
	bob.Until(`named("Virtual lamp: light") && !named("Virtual lamp: light").disabled`)
	press(bob, "Virtual lamp: light")
	bob.Until(`[...panel.shadowRoot.querySelectorAll(".lamp")].some((l) => l.dataset.on === "yes")`)
}

func TestTheBrowsersListIsClosedOrBluetoothIsMissing(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice := panel(t, chromium, browser.Looks[0], url, "")
	enable := func(state bluetoothemulation.CentralState) {
		must(t, callBrowser(alice, bluetoothemulation.Enable, bluetoothemulation.EnableParams{State: state, LeSupported: true}))
	}
	enable(bluetoothemulation.CentralStateAbsent)
	press(alice, "Add a device")
	press(alice, "Bluetooth lamp …")
	alice.Until(`find("[role=alert]").textContent.startsWith("Bluetooth is off, or this computer has none.")`)
	alice.Check()
	must(t, callBrowser(alice, bluetoothemulation.Disable, cdp.Empty{}))
	enable(bluetoothemulation.CentralStatePoweredOn)
	_, err := chromedp.Call(alice, deviceaccess.Enable, cdp.Empty{})
	must(t, err)
	soon, cancel := context.WithTimeout(alice, 90*time.Second)
	defer cancel()
	prompts := chromedp.Events(soon, deviceaccess.DeviceRequestPrompted)
	press(alice, "Add a device")
	press(alice, "Any Bluetooth device …")
	for e, err := range prompts {
		must(t, err)
		_, err := chromedp.Call(alice, deviceaccess.CancelPrompt, deviceaccess.CancelPromptParams{ID: e.ID})
		must(t, err)
		break
	}
	alice.Until(`find("[role=alert]").textContent === "" && !find(".empty").hidden`)
	alice.Eval(`find(".add").open || find(".add summary").click()`)
	alice.Eval(`named("Virtual lamp").focus()`)
	alice.Do(chromedp.KeyEvent(kb.Escape))
	alice.Until(`!find(".add").open && panel.shadowRoot.activeElement === find(".add summary")`)
}
