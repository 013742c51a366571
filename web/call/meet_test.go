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
