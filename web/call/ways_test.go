package call

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/call/calltest"
	"github.com/wabgo/wab/server"
)

// watched keeps a page's connections, and tells by way() what the last one goes through: the kind of our end and how it leaves here, as in "relay by tcp".
// The first argument is RTCConfiguration's iceTransportPolicy. The second is the UDP port that media and relays are believed to be at, 0 for theirs; unless it is 0 the
// server doesn't hear of the page's own UDP ports either. The third is how relays may be asked, "udp" or "tcp", "" for both.
const watched = `((policy, udp, by) => {
	const all = [];
	const Real = RTCPeerConnection;
	const moved = (urls) => [urls].flat().filter((u) => !by || u.endsWith("transport=" + by)).map((u) => udp ? u.replace(/:\d+\?transport=udp/, ":" + udp + "?transport=udp") : u);
	const relays = (servers) => servers.map((s) => ({ ...s, urls: moved(s.urls) })).filter((s) => s.urls.length > 0);
	const own = / udp .* typ (host|srflx)/i;
	window.RTCPeerConnection = class extends Real {
		constructor(config) {
			super({ ...config, iceTransportPolicy: policy, iceServers: relays(config.iceServers) });
			all.push(this);
		}
		get localDescription() {
			const d = super.localDescription;
			return d && udp ? { type: d.type, sdp: d.sdp.split("\r\n").filter((l) => !l.startsWith("a=candidate") || !own.test(l)).join("\r\n") } : d;
		}
		set onicecandidate(f) { super.onicecandidate = f && ((e) => udp && own.test(e.candidate?.candidate ?? "") || f(e)); }
		setRemoteDescription({ type, sdp }) {
			return super.setRemoteDescription({ type, sdp: udp ? sdp.replace(/^(a=candidate:\S+ \d+ udp \d+ \S+ )\d+/gim, "$1" + udp) : sdp });
		}
	};
	window.way = async () => {
		const stats = await all.at(-1)?.getStats();
		const transport = [...stats?.values() ?? []].find((s) => s.type === "transport" && s.selectedCandidatePairId);
		const pair = transport && stats.get(transport.selectedCandidatePairId);
		const local = pair && stats.get(pair.localCandidateId);
		return local ? (local.candidateType === "relay" ? "relay" : "direct") + " by " + (local.relayProtocol ?? local.protocol) : "none";
	};
})(%q, %d, %q)`

// swallow is a UDP port before a server that lets nothing through, as a strict network does.
func swallow(t *testing.T, url string) (port int) {
	t.Helper()
	at := netip.MustParseAddrPort(strings.TrimPrefix(url, "http://"))
	p, err := calltest.NewProxy(net.UDPAddrFromAddrPort(at), calltest.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.Cut()
	return p.Addr().Port
}

func TestCALL2_MediaFindAWayThroughNetworksThatLetLittleThrough(t *testing.T) {
	home := browser.Start(t, fakes...)
	for _, c := range []struct {
		name, policy string
		noUDP        bool
		by           string
		relay        server.TURNOptions
		way          string
	}{
		{"all is open", "all", false, "", server.TURNOptions{Addr: "127.0.0.1:0"}, "direct by udp"},
		{"no UDP comes through, and there is no relay", "all", true, "", server.TURNOptions{Off: true}, "direct by tcp"},
		// With both, the one by TCP is taken where the other is slow to answer, as on a busy machine.
		{"the relay only, by UDP", "relay", false, "udp", server.TURNOptions{Addr: "127.0.0.1:0"}, "relay by udp"},
		{"the relay only, and no UDP comes through", "relay", true, "", server.TURNOptions{Addr: "127.0.0.1:0"}, "relay by tcp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := serveMeetings(t, server.CallOptions{TURN: c.relay})
			openMeeting(t, home, h, "bob")
			alice := come(t, home, h.page("alice"))
			bob := browser.Start(t, fakes...).Tab(t, browser.Looks[0])
			udp := 0
			if c.noUDP {
				udp = swallow(t, h.URL)
			}
			bob.Before(fmt.Sprintf(watched, c.policy, udp, c.by))
			bob.Open(h.page("bob"))
			bob.Until(`window.ready && ` + live)
			meets(bob, "here", "alice")
			meets(alice, "there", "bob")
			bob.Until(fmt.Sprintf(`way().then((w) => w === %q)`, c.way))
		})
	}
}

// Relays end with the server. Who comes back gets credentials, and opens another.
func TestCALL2_ARelayedCallComesBackAfterARestart(t *testing.T) {
	h := serveMeetings(t)
	home := browser.Start(t, fakes...)
	openMeeting(t, home, h, "bob")
	alice := come(t, home, h.page("alice"))
	bob := browser.Start(t, fakes...).Tab(t, browser.Looks[0])
	bob.Before(fmt.Sprintf(watched, "relay", 0, ""))
	bob.Open(h.page("bob"))
	bob.Until(`window.ready && ` + live)
	meets(bob, "first", "alice")
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Forgive("WebSocket", "ERR_CONNECTION")
	}
	h.stop()
	bob.Until(`el.dataset.state === "reconnecting"`)
	h.start()
	bob.Until(live)
	meets(bob, "restarted", "alice")
	meets(alice, "restarted", "bob")
	bob.Until(`way().then((w) => w === "relay by tcp")`)
}
