package server

import (
	"testing"
)

// What overtakes, comes late, or has a path with dots in it, as engines and proxies make them.
func TestCHAN3_AWithdrawalOvertakesItsRequest(t *testing.T) {
	k := newSite(t, cloudApp())
	bell := ask[Channel](k.kit, "bob", "cloud/bob/home/Bell", `[]`)
	const back = "their-back-channel-0123456789"
	if status, body := k.event("POST", "/sky/event/"+bell.ECI+"/1/system/withdrawSubscription", "application/json", args2(map[string]string{"id": "x1", "eci": back})); status != 200 {
		t.Fatal(status, body)
	}
	k.event("POST", "/sky/event/"+bell.ECI+"/2/system/requestSubscription", "application/json",
		args2(map[string]string{"id": "x1", "eci": back, "host": "https://peer.example", "channelName": "n", "namespace": "n", "relationship": "a-b"}))
	if s := state(k.kit, "bob", "x1"); s != "ended withdrawn" {
		t.Errorf("it is %q", s)
	}
	k.want("bob", "cloud/bob/home/Requests", `[]`, "null")
	if status, _ := k.event("POST", "/./sky/event/"+bell.ECI+"/3/system/requestSubscription", "application/json", `{}`); status < 400 {
		t.Errorf("a path with dots: %d", status)
	}
}
