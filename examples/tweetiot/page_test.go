package tweetiot

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui/uitest"
)

const stub = "./examples/tweetiot/testdata/client.ts"

// there is true once the page stands in for the lamp and the buzzer.
const there = `lamp.dataset.place === "here" && buzzer.dataset.place === "here" && !register.disabled`

// TestPageInEveryScene looks at the page on a client without a server; the browser tests of the whole show it with one.
func TestPageInEveryScene(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	scenes := map[string]func(*browser.Tab){
		"guest": func(tab *browser.Tab) { tab.Until(`document.activeElement.id === "owner"`) },
		"first": func(tab *browser.Tab) {
			tab.Until(there + ` && follows.children.length === 2 && !nothing.hidden && document.querySelector("#link").value.endsWith("?friend=alice")`)
		},
		"day": func(tab *browser.Tab) {
			tab.Until(there + ` && posts.children.length === 3 && posts.children[2].innerText.includes("4 devices acted within 6.0 ms") && gadgets.innerText.includes("celsius 21.44")`)
			tab.Eval(`act("lamp", true), act("buzzer", true)`)
			tab.Until(`lamp.dataset.on === "yes" && buzzer.innerText.includes("on") && live.textContent === "The buzzer is on."`)
		},
		"wrong": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Focus("#text"), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.SendKeys("#text", "flash for 400 then dance #friends"))
			tab.Until(`document.querySelector("#meaning mark").textContent === "dance" && meaning.innerText.includes("buzz or flash") && post.disabled`)
		},
		"tried": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Click(".try:nth-of-type(3)"))
			tab.Until(`document.activeElement === text && meaning.innerText.includes("lamp after 300 ms for 150 ms") && !post.disabled`)
		},
		"connect": func(tab *browser.Tab) {
			tab.Until(there)
			tab.Do(chromedp.Click("#register"), chromedp.KeyEvent(kb.Enter))
			tab.Until(`document.querySelector("#device-link").value.includes("/tweetiot/device#token=eyJ.lamp.") && document.querySelector(".qr svg")`)
		},
		"elsewhere": func(tab *browser.Tab) {
			tab.Until(`lamp.dataset.place === "elsewhere" && lamp.innerText.includes("±2.1 ms") && buzzer.dataset.place === "here"`)
			tab.Eval(`maps["lamp-reported"].write("on", true)`)
			tab.Until(`lamp.dataset.on === "yes"`)
		},
		"offline": func(tab *browser.Tab) {
			tab.Until(`post.disabled && notice.innerText.includes("you can post again") && document.querySelector(".state").innerText === "Offline"`)
		},
		"failing": func(tab *browser.Tab) {
			tab.Until(there + ` && !post.disabled`)
			tab.Do(chromedp.Click("#post"))
			tab.Until(`said("here should stand a #tag")`)
		},
		"refused": func(tab *browser.Tab) { tab.Until(`notice.innerText.includes("The server is full")`) },
		"slow":    func(tab *browser.Tab) { tab.Until(`said("Getting your devices")`) },
	}
	everywhere := []string{"first", "day", "connect"} // the others are seen in one look each
	for i, scene := range slices.Sorted(maps.Keys(scenes)) {
		looks := browser.Looks
		if !slices.Contains(everywhere, scene) {
			looks = looks[i%len(looks):][:1]
		}
		for _, look := range looks {
			t.Run(scene+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				uitest.Listen(tab)
				tab.Open(server.URL + "/#" + scene)
				scenes[scene](tab)
				tab.Shoot("tweetiot-" + scene)
				tab.Check()
				tab.Close() // so that the next one stands in for the devices
			})
		}
	}
}

func TestPageByKeyboard(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/?friend=erin#day")
	tab.Until(there + ` && friend.value === "erin" && said("erin invites you")`)
	tab.Do(chromedp.Focus("#text"), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.SendKeys("#text", "buzz #friends"+kb.Enter))
	tab.Until(`posts.children.length === 4 && posts.children[0].innerText.includes("To come.") && posts.children[0].innerText.includes("sent and received")`)
	tab.Do(chromedp.SendKeys("#befriend input[id=friend]", kb.Enter))
	tab.Until(`friends.innerText.includes("erin") && friend.value === ""`)
	tab.Do(chromedp.SendKeys("#befriend input[id=friend]", "Not a name"+kb.Enter))
	tab.Until(`document.querySelector("#friend-problem").textContent.includes("a group like") && friends.children.length === 4`)
	tab.Do(chromedp.Click(`[aria-label="Keep carol/home/acl out"]`))
	tab.Until(`friends.children.length === 3`)
	tab.Do(chromedp.SendKeys("#follow input[id=tag]", "#Disco"+kb.Enter))
	tab.Until(`follows.innerText.includes("#disco")`)
	tab.Do(chromedp.Click(`[aria-label="Stop #party for the lamp"]`))
	tab.Until(`!follows.innerText.includes("#party")`)
	tab.Do(chromedp.Focus(`[name=which][value=all]`), chromedp.KeyEvent(kb.ArrowRight))
	tab.Until(`document.querySelector("[value=received]").checked && posts.children.length === 4`)
	tab.Do(chromedp.KeyEvent(kb.ArrowRight))
	tab.Until(`posts.children.length === 3 && ![...posts.querySelectorAll("header")].some(h => h.innerText.includes("bob"))`)
}

// TestDevicePage is what somebody sees who opens a device's link.
func TestDevicePage(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	const pass = "/device#token=eyJ&ca=alice/home&name="
	for _, look := range browser.Looks[1:3] {
		t.Run(look.Name, func(t *testing.T) {
			tab := chromium.Tab(t, look)
			tab.Open(server.URL + pass + "lamp-2")
			tab.Until(`lamp.dataset.place === "here" && document.querySelector("h1").innerText === "alice’s lamp-2" && location.hash === ""`)
			tab.Eval(`act("lamp-2", true)`)
			tab.Until(`lamp.dataset.on === "yes" && last.innerText.includes("1.5 ms after it was due")`)
			tab.Shoot("tweetiot-device")
			tab.Check()
			tab.Do(chromedp.Reload()) // the link is gone from the address, and not forgotten
			tab.Until(`lamp.dataset.place === "here"`)
		})
	}
	tab := chromium.Tab(t, browser.Looks[2])
	tab.Open(server.URL + "/device")
	tab.Until(`notice.innerText.includes("This is no link for a device")`)
	tab.Check()
	if text := tab.Text("body"); strings.Contains(text, "Sound") {
		t.Error("there is nothing to sound")
	}
}

// TestWhatIsTypedWhileAnotherIsTakenInStays has answers come late.
func TestWhatIsTypedWhileAnotherIsTakenInStays(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	uitest.Listen(tab)
	tab.Open(server.URL + "/#day")
	tab.Until(there)
	tab.Eval(`hold()`)
	tab.Do(chromedp.SendKeys("#befriend input[id=friend]", "frank"+kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SetValue("#befriend input[id=friend]", "gina"))
	tab.Eval(`release()`)
	tab.Until(`said("Posts of frank count here now")`)
	if got := browser.Eval[string](tab, `friend.value`); got != "gina" {
		t.Errorf("the field has %q", got)
	}
	tab.Do(chromedp.Focus("#text"), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.SendKeys("#text", "buzz #friends"))
	tab.Eval(`hold()`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`held.length === 1`)
	tab.Do(chromedp.SendKeys("#text", " #par"))
	tab.Eval(`release()`)
	tab.Do(chromedp.SendKeys("#text", "ty"+kb.Enter))
	tab.Until(`[...document.querySelectorAll(".post .text")].filter(e => ["buzz #friends", "buzz #friends #party"].includes(e.textContent)).length === 2`)
}

// TestADeviceIsRegisteredWhileAnotherIsStillAskedFor closes the dialog before the answer, which comes to the next.
func TestADeviceIsRegisteredWhileAnotherIsStillAskedFor(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(server.URL + "/#day")
	tab.Until(there)
	for _, fail := range []string{"true", "false"} {
		tab.Eval(`hold()`)
		tab.Do(chromedp.Click("#register"), chromedp.KeyEvent(kb.Enter))
		tab.Until(`held.length === 1`)
		tab.Do(chromedp.KeyEvent(kb.Escape), chromedp.Click("#register"), chromedp.SendKeys("[data-device-dialog] form input", "porch"))
		tab.Eval(`release(` + fail + `)`)
		if got := browser.Eval[string](tab, `(() => {
			const form = document.querySelector("[data-device-dialog] form");
			return [form.hidden, form.querySelector(".problem").textContent, form.querySelector("[type=submit]").disabled].join();
		})()`); got != "false,,false" {
			t.Errorf("the next one is asked for like this: %s", got)
		}
		tab.Do(chromedp.KeyEvent(kb.Enter))
		tab.Until(`document.querySelector("#device-link").value.includes("/tweetiot/device#token=")`)
		tab.Do(chromedp.KeyEvent(kb.Escape))
		tab.Until(`document.querySelector("#device-link").value === ""`)
	}
}

// TestTheDialogStaysInItsPlaceWhenTheLinkComes has no input near the answer, as if that was late: what moves then, moves under somebody's pointer.
func TestTheDialogStaysInItsPlaceWhenTheLinkComes(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(serve), stub)
	chromium := browser.Start(t)
	for _, look := range browser.Looks[1:3] {
		tab := chromium.Tab(t, look)
		tab.Open(server.URL + "/#day")
		tab.Until(there)
		tab.Eval(`register.click()`)
		tab.Moved()
		tab.Eval(`document.querySelector("[data-device-dialog] form").requestSubmit()`)
		tab.Until(`document.querySelector("#device-link").value`)
		tab.Check()
		tab.Close() // so that the next one stands in for the devices
	}
}
