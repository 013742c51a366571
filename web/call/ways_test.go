package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// watched keeps a page's connections, and tells by way() what the last one goes through: the kind of our end and how it leaves here, as in "relay by tcp".
// policy is RTCConfiguration's iceTransportPolicy.
const watched = `(() => {
	const all = [];
	const Real = RTCPeerConnection;
	window.RTCPeerConnection = class extends Real {
		constructor(config) { super({ ...config, iceTransportPolicy: %q }); all.push(this); }
	};
	window.way = async () => {
		const stats = await all.at(-1)?.getStats();
		const values = [...stats?.values() ?? []];
		const transport = values.find((s) => s.type === "transport" && s.selectedCandidatePairId);
		const pair = transport && stats.get(transport.selectedCandidatePairId);
		const local = pair && stats.get(pair.localCandidateId);
		return local ? (local.candidateType === "relay" ? "relay" : "direct") + " by " + (local.relayProtocol ?? local.protocol) : "none";
	};
})()`

// noUDP is a network that lets TCP through only, as Chromium sees it.
const noUDP = "force-webrtc-ip-handling-policy=disable_non_proxied_udp"

func TestCALL2_MediaFindAWayThroughNetworksThatLetLittleThrough(t *testing.T) {
	for _, c := range []struct {
		name, policy, way string
		switches          []string
	}{
		{"all open", "all", "direct by udp", nil},
		{"no UDP", "all", "direct by tcp", []string{noUDP}},
		{"the relay only", "relay", "relay by udp", nil},
		{"the relay only, and no UDP", "relay", "relay by tcp", []string{noUDP}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := serveMeetings(t)
			home := browser.Start(t, fakes...)
			openMeeting(t, home, h, "bob")
			alice := come(t, home, h.page("alice"))
			away := browser.Start(t, append(slices.Clone(fakes), c.switches...)...)
			bob := away.Tab(t, browser.Looks[0])
			bob.Before(fmt.Sprintf(watched, c.policy))
			bob.Open(h.page("bob"))
			bob.Until(`window.ready && ` + live)
			meets(bob, "here", "alice")
			meets(alice, "there", "bob")
			if way := browser.Eval[string](bob, `way()`); way != c.way {
				t.Errorf("media go %s", way)
			}
		})
	}
}

// A relay that goes away while it is used, and comes back with the server: credentials of before the restart are good, those of the new call are others.
func TestCALL2_ARelayedCallComesBackAfterARestart(t *testing.T) {
	h := serveMeetings(t)
	home := browser.Start(t, fakes...)
	openMeeting(t, home, h, "bob")
	bob := home.Tab(t, browser.Looks[0])
	bob.Forgive("WebSocket", "ERR_CONNECTION")
	bob.Before(fmt.Sprintf(watched, "relay"))
	bob.Open(h.page("bob"))
	bob.Until(`window.ready && ` + live)
	h.stop()
	bob.Until(`el.dataset.state === "reconnecting"`)
	h.start()
	bob.Until(live + ` && way().then((w) => w.startsWith("relay"))`)
	if way := browser.Eval[string](bob, `way()`); !strings.HasPrefix(way, "relay") {
		t.Errorf("media go %s", way)
	}
}
