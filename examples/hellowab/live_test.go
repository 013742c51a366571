package hellowab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// media are switches for a Chromium with a camera and a microphone that nobody has to allow.
var media = []string{"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream"}

// inCall is true once the page is in the call, with so many people in it.
func inCall(people int) string {
	return fmt.Sprintf(`document.querySelector("wab-call")?.dataset.state === "live" && document.querySelector("wab-call").call.people.length === %d`, people)
}

// admitted has bob knock at alice's meeting, and alice let him in.
func admitted(t *testing.T, url string) (alice, bob *browser.Tab) {
	alice, bob = browser.Start(t, media...).Tab(t, browser.Looks[0]), browser.Start(t, media...).Tab(t, browser.Looks[1])
	comeIn(alice, url+"/hellowab/?ca=alice/standup", "alice")
	alice.Until(shown + ` && ` + inCall(1))
	comeIn(bob, url+"/hellowab/?ca=alice/standup", "bob")
	bob.Until(`!lobby.hidden && lobby.innerText.includes("alice lets you in")`)
	alice.Until(`door.innerText.includes("bob knocks")`)
	alice.Shoot("hellowab-knock")
	bob.Shoot("hellowab-lobby")
	bob.Check()
	board := alice.Frame("/whiteboard/")
	board.Until(live + ` && desk.hasAttribute("data-editable")`)
	alice.Do(chromedp.Click(`#door [aria-label="Let in bob"]`))
	bob.Until(`lobby.hidden && ` + shown + ` && ` + inCall(2))
	alice.Until(inCall(2) + ` && door.children.length === 0`)
	return alice, bob
}

func TestCALL1_WhoKnocksIsLetInAndShownOut(t *testing.T) {
	s := run(t)
	alice, bob := admitted(t, s.URL)
	board := bob.Frame("/whiteboard/")
	board.Until(live + ` && desk.hasAttribute("data-editable") && location.search === "?ca=alice/standup"`)
	alice.Shoot("hellowab-two")
	bob.Shoot("hellowab-two")
	alice.Check()
	bob.Check()

	see(alice, "bob")
	status, body := s.Post("/api/hellowab/alice/standup/People", s.Guest("bob"), `[]`)
	var people struct{ Result []Person }
	if err := json.Unmarshal([]byte(body), &people); status != 200 || err != nil || len(people.Result) != 2 {
		t.Fatalf("%d %s", status, body)
	}
	for i, who := range []string{"alice", "bob"} {
		if p := people.Result[i]; p.Principal != who || p.Session == "" || !slices.Contains(p.Publishing, "camera") || !slices.Contains(p.Publishing, "mic") {
			t.Errorf("%+v is not %s with camera and mic", p, who)
		}
	}
	alice.Do(chromedp.Click("#people-button"))
	alice.Until(`present.innerText.includes("bob")`)
	alice.Shoot("hellowab-people")
	alice.Check()
	alice.Do(chromedp.Click(`#present [aria-label="Remove bob"]`))
	bob.Until(`!lobby.hidden && lobby.innerText.includes("alice has shown you out") && !document.querySelector("iframe") && !document.querySelector("wab-call")`)
	alice.Until(inCall(1))
	bob.Shoot("hellowab-out")
	alice.Do(chromedp.Click(`#admitted [aria-label="Let in again bob"]`))
	bob.Until(`lobby.hidden && ` + shown + ` && ` + inCall(2))
	alice.Do(chromedp.Click("#end"))
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(`document.querySelector("wab-call").dataset.state === "ended"`)
	}
	if got := browser.Eval[string](bob, `document.querySelector("iframe").title`); got != "Whiteboard" {
		t.Errorf("the app beneath is %q", got) // it goes on
	}
	alice.Until(`document.getElementById("end").innerText === "Open the call again"`) // or it would be ended once more: the call tells of its end before the map does
	alice.Do(chromedp.Click("#end"))
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(inCall(2))
	}
}

// lamp is bob's, as a page shows it.
const lamp = `document.querySelector("[data-device='bob/home/lamp']")`

func TestDEV4_DEV5_ALampIsSwitchedWithTheFrameAndGoesWithItsTab(t *testing.T) {
	s := run(t)
	alice, bob := admitted(t, s.URL)
	bring(bob)
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(lamp + `?.dataset.on === "false" && ` + lamp + `.innerText.includes("off")`)
	}
	bob.Shoot("hellowab-devices")
	bob.Check()
	see(alice, "bob")
	see(bob, "alice")

	alice.Do(chromedp.Click(`[data-device='bob/home/lamp']`))
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(lamp + `.dataset.on === "true" && ` + lamp + `.innerText.includes("on")`)
	}
	alice.Shoot("hellowab-lamp")
	alice.Check()
	for tab, want := range map[*browser.Tab]string{alice: "local", bob: "frame"} { // whoever switches it, and the other one
		tab.Until(lamp + `.dataset.method`) // the lamp may have said so before
		if got := browser.Eval[string](tab, lamp+`.dataset.method`); got != want {
			t.Errorf("it is seen with method %q, not %q", got, want)
		}
	}
	if status, body := s.Post("/api/hellowab/alice/standup/Devices", s.Guest("alice"), `[]`); status != 200 || !strings.Contains(body, `"bob/home/lamp"`) {
		t.Errorf("%d %s", status, body)
	}
	alice.Do(chromedp.Click(`[data-device='bob/home/lamp']`))
	bob.Until(lamp + `.dataset.on === "false"`)
	alice.Until(lamp + `.dataset.on === "false"`)
	bob.Close()
	alice.Until(`!` + lamp + ` && ` + inCall(1))
}

// TestDEV4_WhatElseALampReportsSaysNothingAboutALateDeed: a lamp shows what was done to it at once, until it has told itself, however late that is.
func TestDEV4_WhatElseALampReportsSaysNothingAboutALateDeed(t *testing.T) {
	s := run(t)
	alice := browser.Start(t, media...).Tab(t, browser.Looks[0])
	alice.Before(holding)
	comeIn(alice, s.URL+"/hellowab/?ca=alice/standup", "alice")
	alice.Until(shown + ` && ` + inCall(1) + ` && held.length === 1`)
	alice.Eval(`held.shift()()`)
	bring(alice)
	const mine = `document.querySelector("[data-device='alice/home/lamp']")`
	alice.Until(mine + `?.innerText.includes("off")`)
	alice.Do(chromedp.Click(`[data-device='alice/home/lamp']`))
	alice.Until(`held.length === 1 && ` + mine + `.dataset.on === "true"`)
	if status, body := s.Post("/api/hellowab/alice/home/DeviceReport", s.Guest("alice"), `["lamp",{"note":7},[]]`); status != 200 {
		t.Fatal(body)
	}
	alice.Eval(`import("/wab/wab.js").then(({ connect }) => connect({ app: "hellowab", ca: "alice/home" })).then((ca) => ca.map("lamp-reported")).then((map) => void (window.reported = map))`)
	alice.Until(`reported.has("note")`)
	alice.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`) // maps are told of within a frame
	if !browser.Eval[bool](alice, mine+`.dataset.on === "true"`) {
		t.Error("the lamp is shown as it was before")
	}
	alice.Eval(`held.shift()()`)
	alice.Until(`reported.get("state").on && ` + mine + `.dataset.on === "true"`)
}

// bring brings a virtual lamp, through the panel.
func bring(tab *browser.Tab) {
	tab.Do(chromedp.Click("#devices-button"))
	tab.Until(`document.querySelector("wab-devices")?.shadowRoot.querySelector(".empty button")?.checkVisibility()`)
	tab.Eval(`document.querySelector("wab-devices").shadowRoot.querySelector(".empty button").click()`)
}

// see waits until somebody's video runs.
func see(tab *browser.Tab, whose string) {
	tab.Until(fmt.Sprintf(`[...document.querySelector("wab-call").shadowRoot.querySelectorAll(".tile")].some((t) => t.innerText.includes(%q) && t.querySelector("video")?.videoWidth > 0)`, whose))
}
