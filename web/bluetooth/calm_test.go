package bluetooth

import (
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
