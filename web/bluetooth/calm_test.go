package bluetooth

import (
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// These tests touch nothing in the tab that they check: to the browser, whatever moves there was moved by nobody.

func TestADeviceThatIsConnectedToMovesNoOther(t *testing.T) {
	alice := panel(t, browser.Start(t), browser.Looks[2], serve(t), "")
	alice.Eval(`panel.add("virtual-lamp")`)
	alice.Until(`named("Virtual lamp: light")`)
	alice.Eval(`import("/wab/bluetooth.js").then(({ virtualHeart }) => {
		const heart = virtualHeart(), connect = heart.connect.bind(heart);
		heart.connect = () => new Promise((done) => (window.near = done)).then(connect);
		panel.drive(heart, "heart");
	})`)
	alice.Until(`text().includes("Connecting to Virtual heart …") && window.near`)
	alice.Check()
	alice.Eval(`near()`)
	alice.Until(`text().includes("beats a minute") && !text().includes("Connecting")`)
	alice.Check()
}

// Whichever of two comes first: its card stands where one of them was announced, and stays there. What announces the other stays where it is if there is room beside the card, or else lies below it.
func TestTwoDevicesThatAreConnectedToAtOnceMoveNoCard(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	for _, look := range []browser.Look{browser.Looks[0], browser.Looks[2]} {
		for _, order := range [][2]string{{"lamp", "heart"}, {"heart", "lamp"}} {
			t.Run(look.Name+"/"+order[0], func(t *testing.T) {
				alice := panel(t, chromium, look, url, "")
				alice.Eval(`import("/wab/bluetooth.js").then(({ virtualLamp, virtualHeart }) => {
					const { connection } = panel, late = (all, name) => new Promise((done) => (all[name] = done));
					Object.assign(window, { near: {}, come: {} });
					const map = async (name) => {
						if (name.endsWith("-reported") && name.includes("/")) await late(come, name.split(/[/-]/).at(-2)); // what the panel looks at
						return connection.map(name);
					};
					panel.connection = new Proxy(connection, { get: (ca, name) => (name === "map" ? map : typeof ca[name] === "function" ? ca[name].bind(ca) : ca[name]) });
					for (const [name, driver] of [["lamp", virtualLamp("lamp")], ["heart", virtualHeart("heart")]]) {
						const connect = driver.connect.bind(driver);
						driver.connect = () => late(near, name).then(connect);
						panel.drive(driver, name);
					}
					window.at = (words) => {
						const card = [...panel.shadowRoot.querySelectorAll(".card")].find((c) => c.innerText.startsWith(words)), { x, y } = card?.getBoundingClientRect() ?? {};
						return x + "," + y;
					};
				})`)
				at := func(words string) string { return browser.Eval[string](alice, fmt.Sprintf("at(%q)", words)) }
				alice.Until(`near.lamp && near.heart && text().includes("Connecting to lamp …") && text().includes("Connecting to heart …")`)
				first, second := at("Connecting to lamp"), at("Connecting to heart")
				alice.Check()
				alice.Eval(`near.` + order[0] + `()`)
				alice.Until(`come.` + order[0])
				if at("Connecting to lamp") != first || at("Connecting to heart") != second {
					t.Errorf("before the card is there the lamp is announced at %s and the heart at %s, no more at %s and %s", at("Connecting to lamp"), at("Connecting to heart"), first, second)
				}
				alice.Eval(`come.` + order[0] + `()`)
				alice.Until(fmt.Sprintf(`!at(%q).startsWith("undefined")`, order[0]))
				if got := at(order[0]); got != first {
					t.Errorf("the card stands at %s, not at %s where the first was announced", got, first)
				}
				if got := at("Connecting to " + order[1]); look.Width > 1000 && got != second {
					t.Errorf("%s is announced at %s, not at %s", order[1], got, second)
				}
				alice.Eval(`near.` + order[1] + `()`)
				alice.Until(`come.` + order[1])
				alice.Eval(`come.` + order[1] + `()`)
				alice.Until(fmt.Sprintf(`!at(%q).startsWith("undefined") && !text().includes("Connecting")`, order[1]))
				if got := at(order[0]); got != first {
					t.Errorf("the card stands at %s, and was at %s before the other came", got, first)
				}
				alice.Check()
				alice.Close()
			})
		}
	}
}

// What is known of a lamp comes late, and in parts; then it is gone.
func TestADeviceThatComesAndGoesMovesNoOther(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	alice := panel(t, chromium, browser.Looks[0], url, "with=bob")
	alice.Eval(`panel.add("virtual-lamp").then((lamp) => panel.add("virtual-heart"))`)
	alice.Until(`text().includes("beats a minute")`)
	press(alice, "Virtual lamp: light")
	alice.Until(`/alice switched it/.test(text())`)
	bob := panel(t, chromium, browser.Looks[2], url, "owner=bob&add=no")
	bob.Eval(`(() => {
		const frame = () => new Promise(requestAnimationFrame), { connection } = panel;
		const map = async (name) => {
			if (name.includes("/lamp-")) await new Promise((done) => (come[name.split("-").at(-1)] = done));
			return connection.map(name);
		};
		window.come = {};
		panel.connection = new Proxy(connection, { get: (ca, name) => (name === "map" ? map : typeof ca[name] === "function" ? ca[name].bind(ca) : ca[name]) });
		window.seen = new Set(); // of the lamp's card
		(async () => { for (;; await frame()) seen.add(find(".lamp")?.closest(".card").querySelector(".lately > summary").textContent); })();
		panel.devices = ["alice/home/lamp", "alice/home/heart"];
	})()`)
	bob.Until(`text().includes("beats a minute") && text().includes("Looking for it …")`) // the lamp is waited for no longer
	bob.Eval(`come.reported()`)
	bob.Until(`come.log`)
	bob.Eval(`come.log()`)
	bob.Until(`/alice switched it/.test(text())`)
	if browser.Eval[bool](bob, `[...seen].some((lately) => lately?.startsWith("Nobody"))`) {
		t.Error("the lamp is shown before it is known who used it")
	}
	bob.Check()
	alice.Eval(`Promise.all(panel.shared.map((s) => s.close()))`)
	bob.Until(`text().split("doesn’t share it with you now").length === 3`)
	bob.Check()
}
