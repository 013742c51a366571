package dance

// Gen is a tongue of the dance. Who answers, answers in the one that asked.
type Gen uint8

// The generations.
const (
	Article  Gen = iota + 1 // system:*, as the article on subscriptions has them
	Wrangler                // wrangler:*, of the engines that live today
)

// Kind is what a message says.
type Kind uint8

// The kinds of messages.
const (
	Request  Kind = iota + 1 // on the doorbell: may we link?
	Confirm                  // on the asker's back channel: yes, and this is yours
	Refuse                   // on the asker's back channel: no, or no longer
	Withdraw                 // on the doorbell: never mind
	Remove                   // on the peer's channel: it is over
)

// Message is one message of the dance. What a kind does not carry is empty.
type Message struct {
	Kind Kind
	Gen  Gen
	ID   string // chosen by the asker: 1 to MaxID visible ASCII characters

	// Of a Request. The article's channelName is both names.
	Name, Namespace          string
	Relationship             string // "a-b": the asker's role and the receiver's
	ChannelName, ChannelType string
	RxRole, TxRole           string // the receiver's role and the sender's

	ECI  string // the sender's channel: of a Request and a Withdraw the back channel, of a Confirm the new one
	Host string // of a Request: the asker's server, a base URL without trailing slash; empty means the receiver's own
	Peer string // of a Remove: the receiver's channel, which only the engines of today are told

	// Ours, optional.
	From   string // who asks: app:owner/ca@host
	Why    string
	Secret string // an invitation's
	Vouch  string // the asker's server's signature
	Reason string // of a Refuse or Remove
}

// Limits, in bytes.
const (
	MaxID   = 128
	MaxHost = 512
	MaxText = 1024 // of names, roles and reasons
	MaxLong = 4096 // of From, Why, Secret and Vouch
)

// names are what one generation calls things on the wire.
type names struct {
	domain                                           string
	types                                            [Remove + 1]string
	id, name, channelName, channelType               string
	namespace, relationship, rxRole, txRole          string
	requestECI, requestHost, confirmECI, withdrawECI string
	removePeer, removeECI                            string
}

var tongues = [...]names{
	Article: {
		domain: "system",
		types: [...]string{
			Request: "requestSubscription", Confirm: "confirmSubscription",
			Refuse: "refuseSubscription", Withdraw: "withdrawSubscription", Remove: "endSubscription",
		},
		id: "id", name: "channelName",
		namespace: "namespace", relationship: "relationship", rxRole: "rx_role", txRole: "tx_role",
		requestECI: "eci", requestHost: "host", confirmECI: "eci", withdrawECI: "eci",
	},
	Wrangler: {
		domain: "wrangler",
		types: [...]string{
			Request: "new_subscription_request", Confirm: "outbound_pending_subscription_approved",
			Refuse: "outbound_removal", Withdraw: "inbound_removal", Remove: "established_removal",
		},
		id: "Id", name: "name", channelName: "channel_name", channelType: "channel_type",
		namespace: "namespace", relationship: "relationship", rxRole: "Rx_role", txRole: "Tx_role",
		requestECI: "Tx", requestHost: "Tx_host", confirmECI: "Tx", withdrawECI: "Tx",
		removePeer: "Rx", removeECI: "Tx",
	},
}

// What both generations call our extras.
const (
	attrFrom   = "from"
	attrWhy    = "why"
	attrSecret = "invitation"
	attrVouch  = "vouch"
	attrReason = "reason"
)
