package call

import (
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// attending has a page without anything of its own take part in alice's meeting, by the command's own app.
const attending = `(async () => {
	document.body.replaceChildren();
	const { connect, signIn } = await import("/wab/wab.js");
	await import("/wab/call.js");
	await signIn.guest(%[1]q);
	const ca = await connect({ app: "hellowab", ca: "alice/standup" });
	if (%[1]q === "alice") { await ca.Open(); await ca.Admit("bob"); }
	window.el = Object.assign(document.createElement("wab-call"), { connection: ca });
	document.body.append(el);
})()`

// seen is true once the other one's picture moves, and has done so since it was asked first in that name.
const seen = `((id) => {
	const video = el.shadowRoot.querySelector('.tile:not([data-self]) > video:not([hidden])');
	const frames = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
	if (el.dataset.state !== "live" || frames === 0) return false;
	el[id] ??= frames;
	return frames > el[id] + 5 || (frames < el[id] && (el[id] = 0));
})`

func TestCALL2_AServerThatIsKilledHasItsRoomAgain(t *testing.T) {
	s := serveBuilt(t)
	var tabs []*browser.Tab
	for _, name := range []string{"alice", "bob"} {
		tab := browser.Start(t, fakes...).Tab(t, browser.Looks[0])
		tab.Forgive("WebSocket", "ERR_")
		tab.Open(s.URL + "/wab/manifest.json")
		tab.Eval(fmt.Sprintf(attending, name))
		tab.Until(live)
		tabs = append(tabs, tab)
	}
	for _, tab := range tabs {
		tab.Until(seen + `("first")`)
	}
	s.Kill()
	for _, tab := range tabs {
		tab.Until(`el.dataset.state === "reconnecting"`)
	}
	s.Start()
	for _, tab := range tabs {
		tab.Until(seen + `("again")`)
	}
}
