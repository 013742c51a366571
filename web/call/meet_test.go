package call

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// hosting has a tab act for alice, who owns the meeting, as window.ca.
const hosting = `(async () => {
	const { connect, signIn } = await import("/wab/wab.js");
	await signIn.guest("alice");
	window.ca = await connect({ app: "meet", ca: "standup" });
	await ca.Open();
})()`

// openMeeting opens alice's meeting, and lets these people in.
func openMeeting(t *testing.T, chromium *browser.Browser, h *host, owners ...string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(h.URL + "/wab/manifest.json")
	tab.Eval(hosting)
	admit(tab, owners...)
	return tab
}

// meets waits until a tab sees and hears these people from now on.
func meets(tab *browser.Tab, id string, names ...string) {
	tab.Until(fmt.Sprintf(`grows(%q, "%s")`, id, strings.Join(names, `", "`)))
}

func TestCALL1_CALL2_ThreeBrowsersMeetLeaveAndComeBackAfterARestart(t *testing.T) {
	h := serveMeetings(t)
	var tabs []*browser.Tab
	names := []string{"alice", "bob", "carol"}
	browsers := map[string]*browser.Browser{}
	for _, name := range names {
		browsers[name] = browser.Start(t, fakes...)
	}
	openMeeting(t, browsers["alice"], h, "bob", "carol")
	for _, name := range names {
		tab := come(t, browsers[name], h.page(name))
		tab.Until(live)
		tabs = append(tabs, tab)
	}
	everybody := func(id string) {
		for i, tab := range tabs {
			var others []string
			for j, name := range names {
				if i != j {
					others = append(others, name)
				}
			}
			meets(tab, id, others...)
		}
	}
	everybody("first")

	tabs[2].Eval(`el.leave()`)
	tabs[2].Until(`el.dataset.state === "ended"`)
	tabs[0].Until(`el.call.people.length === 2 && told.some((t) => t.type === "leave" && t.person.name === "carol")`)
	tabs[2].Eval(`el.join()`)
	tabs[2].Until(live)
	everybody("again")

	for _, tab := range tabs {
		tab.Forgive("WebSocket", "ERR_CONNECTION")
	}
	h.stop()
	for _, tab := range tabs {
		tab.Until(`el.dataset.state === "reconnecting"`)
	}
	h.start()
	for _, tab := range tabs {
		tab.Until(live)
	}
	everybody("restarted")
}

func TestCALL2_ACutNetworkIsSurvivedByTheSameMember(t *testing.T) {
	h := serveMeetings(t)
	net := newNetwork(t, h.URL)
	home, away := browser.Start(t, fakes...), browser.Start(t, fakes...)
	openMeeting(t, home, h, "bob")
	alice := come(t, home, h.page("alice"))
	bob := away.Tab(t, browser.Looks[0])
	bob.Forgive("WebSocket", "ERR_")
	net.lead(bob)
	bob.Open(strings.Replace(h.page("bob"), h.URL, net.URL, 1))
	bob.Until(`window.ready && ` + live)
	meets(alice, "first", "bob")
	meets(bob, "first", "alice")
	me := browser.Eval[string](bob, `el.call.me`)

	net.Cut()
	bob.Until(`el.dataset.state === "reconnecting"`)
	net.Mend()
	bob.Until(live)
	meets(alice, "mended", "bob")
	meets(bob, "mended", "alice")
	if now := browser.Eval[string](bob, `el.call.me`); now != me {
		t.Errorf("bob was %s and is %s", me, now)
	}
	if left := browser.Eval[int](alice, `told.filter((t) => t.type === "leave").length`); left > 0 {
		t.Error("alice was told that bob had left")
	}

	net.Media.Cut() // signals still pass
	bob.Until(`el.dataset.state === "reconnecting"`)
	net.Media.Restore()
	bob.Until(live)
	meets(alice, "media back", "bob")
	meets(bob, "media back", "alice")
}

func TestCALL1_TheRoomDecidesWhoComesInAndWhatTheyMay(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, fakes...)
	host := openMeeting(t, chromium, h)
	bob := come(t, browser.Start(t, fakes...), h.page("bob"))
	bob.Until(`el.dataset.state === "refused" && el.shadowRoot.querySelector(".state").innerText.includes("Try again")`)
	bob.Shoot("call-real-refused")

	host.Eval(`ca.Watch("bob")`)
	bob.Eval(`el.shadowRoot.querySelector(".state button").click()`)
	bob.Until(live + ` && el.shadowRoot.querySelector(".bar .watching").offsetWidth > 0 && el.call.sending.length === 0`)
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live)
	meets(bob, "watching", "alice")

	host.Eval(`ca.Admit("bob")`) // who may speak now is asked for camera and microphone
	meets(alice, "admitted", "bob")

	host.Eval(`ca.Mute("bob")`)
	alice.Until(`el.shadowRoot.querySelector('.tile:not([data-self])').getAttribute("aria-label") === "bob, microphone off"`)
	bob.Until(`el.shadowRoot.querySelector(".tile[data-self]").getAttribute("aria-label").includes("microphone off") && el.shadowRoot.querySelector('.note[data-about="muted"]')`)

	host.Eval(`ca.Mode("heads")`)
	bob.Until(`el.shadowRoot.querySelector(".layer").dataset.mode === "heads" && told.some((t) => t.type === "mode" && t.mode === "heads")`)

	host.Eval(`ca.Remove("bob")`)
	bob.Until(`el.dataset.state === "refused" && el.call.sending.length === 0`)
	alice.Until(`el.call.people.length === 1`)

	host.Eval(`ca.Close()`)
	alice.Until(`el.dataset.state === "ended" && el.call.sending.length === 0`)
	host.Eval(`ca.Open()`) // who was there is there again
	alice.Until(live)
}

func TestCALL4_ACallWithoutCameraAndMicrophone(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, "autoplay-policy=no-user-gesture-required") // it has none, and nobody to ask
	openMeeting(t, chromium, h, "bob")
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live + ` && told.filter((t) => t.type === "fault").length === 2 && el.shadowRoot.querySelectorAll(".note").length === 2`)
	for _, source := range []string{"camera", "microphone"} {
		if !strings.Contains(browser.Eval[string](alice, `el.shadowRoot.querySelector(".notes").innerText`), source) {
			t.Errorf("the %s is not named: %s", source, browser.Eval[string](alice, `el.shadowRoot.querySelector(".notes").innerText`))
		}
	}
	bob := come(t, browser.Start(t, fakes...), h.page("bob"))
	bob.Until(live)
	meets(alice, "listening", "bob")
	alice.Check()
	alice.Shoot("call-real-without-camera")
}

func TestCALL4_CameraDenied(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t, "use-fake-device-for-media-stream", "deny-permission-prompts")
	openMeeting(t, chromium, h)
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live + ` && told.filter((t) => t.type === "fault" && t.fault.kind === "denied").length === 2`)
	alice.Until(`el.shadowRoot.querySelector('.note[data-about="camera"]').innerText.includes("Allow it by the sign beside the address")`)
	alice.Eval(`el.shadowRoot.querySelector('.note[data-about="camera"] .act').click()`)
	alice.Until(`told.filter((t) => t.type === "fault").length === 3 && ` + live)
}

func TestCALL4_ABrowserWithoutWebRTC(t *testing.T) {
	h := serveMeetings(t)
	chromium := browser.Start(t)
	openMeeting(t, chromium, h)
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Before(`delete window.RTCPeerConnection`)
	tab.Open(h.page("alice"))
	tab.Until(`window.ready && el.dataset.state === "refused" && el.shadowRoot.querySelector(".state").innerText.includes("WebRTC")`)
}
