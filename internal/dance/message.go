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

	// Of a Request.
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

// Limits. Sizes are bytes.
const (
	MaxID   = 128
	MaxECI  = 512
	MaxHost = 512
	MaxText = 1024 // of names, roles, reasons
	MaxLong = 4096 // of Vouch and Why
)
