package call

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

func TestDbgWays(t *testing.T) {
	for _, c := range []struct {
		policy   string
		switches []string
	}{{"all", nil}, {"relay", []string{noUDP}}} {
		h := serveMeetings(t)
		home := browser.Start(t, fakes...)
		openMeeting(t, home, h, "bob")
		away := browser.Start(t, append(slices.Clone(fakes), c.switches...)...)
		bob := away.Tab(t, browser.Looks[0])
		bob.Before(fmt.Sprintf(watched, c.policy))
		bob.Before(`window.dump = async () => { const stats = await window.pcsLast().getStats(); const out=[]; for (const s of stats.values()) if (["candidate-pair","local-candidate","remote-candidate","transport"].includes(s.type)) { const {type,id,state,nominated,localCandidateId,remoteCandidateId,candidateType,protocol,relayProtocol,address,port,url,priority,selectedCandidatePairId,iceRole,requestsSent,responsesReceived,currentRoundTripTime}=s; out.push(JSON.stringify({type,id,state,nominated,localCandidateId,remoteCandidateId,candidateType,protocol,relayProtocol,address,port,url,priority,selectedCandidatePairId,iceRole,requestsSent,responsesReceived,currentRoundTripTime})); } return out.join("\n"); }`)
		bob.Before(`{const R=RTCPeerConnection; let last; window.RTCPeerConnection=class extends R{constructor(c){super(c);last=this}}; window.pcsLast=()=>last}`)
		bob.Open(h.page("bob"))
		bob.Until(`window.ready && ` + live)
		t.Log(browser.Eval[string](bob, `new Promise(r=>setTimeout(()=>r(dump()),3000))`))
	}
}
