package dance

import (
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Steers tells whether a domain is one in which subscriptions are steered. Whoever allows any domain has not thought of these.
func Steers(domain string) bool {
	return domain == "system" || domain == "cloudos" || domain == "wrangler"
}

// Wish is what an owner tells their own cloud to do about a subscription.
type Wish uint8

// The wishes, by the names that engines have for them.
const (
	ToApprove Wish = iota + 1 // wrangler:pending_subscription_approval
	ToDecline                 // wrangler:inbound_rejection
	ToEnd                     // wrangler:outbound_cancellation, wrangler:subscription_cancellation
)

// ParseWish reads an event by which an owner tells their own cloud what becomes of a subscription. is and flaw are Parse's. It must never come by the doorbell.
func ParseWish(domain, typ string, a sky.Attributes) (id string, w Wish, is bool, flaw *wire.Error) {
	r := reading{event: domain + ":" + typ, attributes: a}
	switch r.event {
	case "wrangler:pending_subscription_approval":
		w = ToApprove
	case "wrangler:inbound_rejection":
		w = ToDecline
	case "wrangler:outbound_cancellation", "wrangler:subscription_cancellation":
		w = ToEnd
	default:
		return "", 0, false, nil
	}
	id = r.word("Id", MaxID)
	return id, w, true, r.flaw
}
