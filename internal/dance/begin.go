package dance

import (
	"strconv"

	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Ask is what Begin needs. Roles are ours and the peer's; where they are empty, Relationship tells them, and the reverse.
type Ask struct {
	ID                            string // new in the book, and not to be guessed: 1 to MaxID visible ASCII characters
	Gen                           Gen
	Name, Namespace, Relationship string
	ChannelName, ChannelType      string
	RxRole, TxRole                string
	Channel                       string // the name of our back channel
	Host, Doorbell                string // of the peer: its server, empty for ours, and an ECI
	From, Why, Secret             string
	Within                        int64 // how long the request waits, µs; 0 means the constant Within
}

// Begin starts a subscription that we ask for. Errors are bad_request and too_large.
func Begin(a Ask, now int64) (Step, *wire.Error) {
	host, flaw := a.check()
	if flaw != nil {
		return Step{}, flaw
	}
	m := Message{Gen: a.Gen, Name: a.Name, ChannelName: a.ChannelName, ChannelType: a.ChannelType,
		Relationship: a.Relationship, RxRole: a.TxRole, TxRole: a.RxRole}.complete()
	r := Record{
		ID: a.ID, Gen: a.Gen, State: Pending, Outbound: true,
		Name: m.Name, Namespace: a.Namespace, Relationship: m.Relationship,
		ChannelName: m.ChannelName, ChannelType: m.ChannelType,
		RxRole: m.TxRole, TxRole: m.RxRole,
		Channel: a.Channel, Host: host, Doorbell: a.Doorbell, Secret: a.Secret,
		From: a.From, Why: a.Why, Since: now, Expires: now + Within,
	}
	if a.Within > 0 {
		r.Expires = now + a.Within
	}
	return r.stay().and(Request), nil
}

// Ask is what a record of ours began with, for one that begins anew: Host, Doorbell and Within are those of the new one.
func (r Record) Ask() Ask {
	return Ask{
		ID: r.ID, Gen: r.Gen, Name: r.Name, Namespace: r.Namespace, Relationship: r.Relationship, ChannelName: r.ChannelName, ChannelType: r.ChannelType,
		RxRole: r.RxRole, TxRole: r.TxRole, Channel: r.Channel, From: r.From, Why: r.Why, Secret: r.Secret,
	}
}

// check tells what is wrong, and the host in its clean form.
func (a Ask) check() (host string, flaw *wire.Error) {
	switch {
	case !isID(a.ID):
		return "", wire.Err(wire.BadRequest, "The id of a subscription is 1 to "+strconv.Itoa(MaxID)+" visible ASCII characters.")
	case a.Gen != Article && a.Gen != Wrangler:
		return "", wire.Err(wire.BadRequest, "A subscription speaks the article's events or those of today's engines.")
	case a.Channel == "" || a.Channel == Doorbell:
		return "", wire.Err(wire.BadRequest, "A request to subscribe needs a back channel of its own.")
	case !sky.IsECI(a.Doorbell):
		return "", wire.Err(wire.BadRequest, "That is not the ECI of a doorbell. Give the doorbell's URL, or an address.")
	}
	for _, s := range [...]string{a.Name, a.Namespace, a.Relationship, a.ChannelName, a.ChannelType, a.RxRole, a.TxRole} {
		if len(s) > MaxText {
			return "", wire.Err(wire.TooLarge, "Names, relationships and roles of a subscription have at most "+strconv.Itoa(MaxText)+" bytes.")
		}
	}
	for _, s := range [...]string{a.From, a.Why, a.Secret} {
		if len(s) > MaxLong {
			return "", wire.Err(wire.TooLarge, "What explains a request has at most "+strconv.Itoa(MaxLong)+" bytes.")
		}
	}
	if a.Host == "" {
		return "", nil
	}
	host, ok := cleanHost(a.Host)
	if !ok || len(host) > MaxHost {
		return "", wire.Err(wire.BadRequest, "A server is named by its http or https URL, of at most "+strconv.Itoa(MaxHost)+" bytes.")
	}
	return host, nil
}

// Asked takes a Request from the doorbell whose ID is not in the book. It only lies in the inbox then: who approves or declines by rule calls that on
// the step's Record. The invitation's secret is in the message alone.
func Asked(m Message, now int64) (Step, *wire.Error) {
	if m.Kind != Request {
		return Step{}, Unknown()
	}
	return Step{Changed: true, Record: Record{
		ID: m.ID, Gen: m.Gen, State: Waiting,
		Name: m.Name, Namespace: m.Namespace, Relationship: m.Relationship,
		ChannelName: m.ChannelName, ChannelType: m.ChannelType,
		RxRole: m.RxRole, TxRole: m.TxRole,
		Host: m.Host, ECI: m.ECI, From: m.From, Why: m.Why, Since: now, Expires: now + Within,
	}}, nil
}

// Unknown is the answer to whatever names no subscription of ours, or comes where its peer would not send it: not_found. Strangers learn
// nothing by it.
func Unknown() *wire.Error {
	return wire.Err(wire.NotFound, "There is no such subscription here. It may have ended.")
}
