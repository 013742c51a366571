package dance

import (
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// maxTarget bounds what a start names: an ECI, a URL or an address.
const maxTarget = 2048

// ParseStart reads the event by which an owner's own cloud is told to ask somebody: system:subscribe, cloudos:subscribe, which it was called later, or wrangler:subscription.
// Whose doorbell is to be rung stands in Doorbell as it was said, an ECI, a URL or an address, and in Host, if anything: whoever begins resolves it, and gives the ID and the
// Channel. Roles are the asker's view. is and flaw are Parse's. It must never come by the doorbell.
func ParseStart(domain, typ string, a sky.Attributes) (start Ask, is bool, flaw *wire.Error) {
	r := reading{event: domain + ":" + typ, attributes: a}
	switch r.event {
	case "system:subscribe", "cloudos:subscribe":
		start = Ask{
			Gen: Article, Name: r.text("channelName", MaxText), Doorbell: r.word("targetChannel", maxTarget),
			RxRole: r.text("rx_role", MaxText), TxRole: r.text("tx_role", MaxText),
		}
	case "wrangler:subscription":
		start = Ask{
			Gen: Wrangler, Name: r.text("name", MaxText), Doorbell: r.word("wellKnown_Tx", maxTarget), Host: r.host("Tx_host"),
			ChannelName: r.text("channel_name", MaxText), ChannelType: r.text("channel_type", MaxText),
			RxRole: r.text("Rx_role", MaxText), TxRole: r.text("Tx_role", MaxText),
		}
	default:
		return Ask{}, false, nil
	}
	start.Namespace = r.text("namespace", MaxText)
	start.Relationship = r.text("relationship", MaxText)
	start.Why, start.Secret = r.text(attrWhy, MaxLong), r.text(attrSecret, MaxLong)
	if r.flaw != nil {
		return Ask{}, true, r.flaw
	}
	return start, true, nil
}
