package dance

import (
	"testing"

	"github.com/wabgo/wab/internal/sky"
)

func TestParseWish(t *testing.T) {
	a := sky.Attributes{}
	a.Set("Id", "abc")
	for event, want := range map[string]Wish{
		"pending_subscription_approval": ToApprove, "inbound_rejection": ToDecline, "outbound_cancellation": ToEnd, "subscription_cancellation": ToEnd, "subscription": 0,
	} {
		id, w, is, flaw := ParseWish("wrangler", event, a)
		if w != want || is != (want != 0) || flaw != nil || is && id != "abc" {
			t.Errorf("%s: %q %v %v %v", event, id, w, is, flaw)
		}
	}
	if _, _, is, flaw := ParseWish("wrangler", "inbound_rejection", sky.Attributes{}); !is || flaw == nil {
		t.Error("a wish about nothing")
	}
	if _, _, is, _ := ParseWish("system", "inbound_rejection", a); is {
		t.Error("a wish in another tongue")
	}
}
