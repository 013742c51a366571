package discovery

import (
	"crypto/ed25519"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
)

// MaxScan is how many CAs of an owner in each app are looked at to find those that have published a card.
const MaxScan = 1000

// Options are what a Discovery is made of; all are required.
type Options struct {
	// Apps are the names of the apps here, the most important first: of several doorbells of an owner, the first app's comes first.
	Apps []string
	// CAs lists the keys of stored CAs that begin with a prefix, in order, up to a limit.
	CAs func(prefix string, limit int, visit func(ca string) error) error
	// Published is a CA's card and the ECI of its doorbell, if it shows them, as they are durable.
	Published func(ca name.Name) (card Card, eci string, ok bool, err error)
	// PublicURL is how this server is reached from outside, like https://wab.example.
	PublicURL func() string
	Client    *outgoing.Client
	Clock     clock.Clock
	Seed      []byte // 32 bytes, always the same ones, that only this server knows: the key for vouching is made of them
}

// Discovery answers who can be found here, and finds others. It may be used by many goroutines at once.
type Discovery struct {
	Options
	key   ed25519.PrivateKey
	kid   string
	keys  keys
	turns chan struct{} // bounds how many look through an owner's CAs at a time
}

const maxTurns = 8

// New makes a Discovery.
func New(o Options) *Discovery {
	key := ed25519.NewKeyFromSeed(o.Seed)
	return &Discovery{Options: o, key: key, kid: keyID(key.Public().(ed25519.PublicKey)), turns: make(chan struct{}, maxTurns)}
}
