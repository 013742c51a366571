package channel

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a CA.
const (
	MaxChannels = 1000 // those of subscriptions included
	MaxHandlers = 256  // of events and queries
)

// Doorbell is the name of the channel that takes requests to subscribe.
const Doorbell = dance.Doorbell

// channel is one way into a CA. It is never changed: another takes its place.
type channel struct {
	name  string
	id    id
	eci   hash
	sub   string // the subscription it belongs to, empty for the CA's own
	since int64
	allow Attenuation

	accepted, denied uint64 // by channels of that name before
}

func (c *channel) expired(now int64) bool { return c.allow.Expires != 0 && now >= c.allow.Expires }

func (c *channel) key() string { return c.name }

// table holds a CA's channels by name.
type table = shelf[*channel]

func byECI(t table, h hash) *channel {
	if i := slices.IndexFunc(t, func(c *channel) bool { return c.eci == h }); i >= 0 {
		return t[i]
	}
	return nil
}

const channelFields = 7

func (c *channel) encode() []byte {
	b := cbor.AppendArrayHeader(nil, channelFields)
	b = cbor.AppendBytes(b, c.id[:])
	b = cbor.AppendBytes(b, c.eci[:])
	b = cbor.AppendText(b, c.sub)
	b = cbor.AppendInt(b, c.since)
	b = cbor.AppendUint(cbor.AppendUint(b, c.accepted), c.denied)
	return c.allow.append(b)
}

func readChannel(name string, value []byte) (*channel, error) {
	r := cbor.NewReader(value)
	if r.Array() != channelFields {
		return nil, errStored
	}
	c := &channel{name: name}
	a, b := r.Bytes(), r.Bytes()
	c.sub, c.since, c.accepted, c.denied, c.allow = r.Text(), r.Int(), r.Uint(), r.Uint(), readAttenuation(&r)
	if len(a) != len(c.id) || len(b) != len(c.eci) || r.Done() != nil {
		return nil, errStored
	}
	copy(c.id[:], a)
	copy(c.eci[:], b)
	return c, nil
}

// handler has a method of the app take what comes.
type handler struct {
	query        bool
	domain, kind string // exact, or *
	method       string
}

func (h handler) takes(query bool, domain, kind string) bool {
	return h.query == query && (h.domain == domain || h.domain == "*" && !dance.Steers(domain)) && (h.kind == kind || h.kind == "*")
}

func (h handler) key() string {
	kind := "e"
	if h.query {
		kind = "q"
	}
	return kind + h.domain + "/" + h.kind + "/" + h.method
}

func readHandler(key string) (h handler, err error) {
	if key == "" {
		return h, errStored
	}
	parts := strings.Split(key[1:], "/")
	if len(parts) != 3 || key[0] != 'q' && key[0] != 'e' {
		return h, errStored
	}
	return handler{key[0] == 'q', parts[0], parts[1], parts[2]}, nil
}

func (h handler) compare(to handler) int {
	return cmp.Or(strings.Compare(h.domain, to.domain), strings.Compare(h.kind, to.kind), strings.Compare(h.method, to.method))
}

// sorted puts handlers into the order in which they run: one that is the same after a restart.
func sorted(all []handler) []handler {
	slices.SortFunc(all, handler.compare)
	return all
}

func checkPattern(domain, kind string) *wire.Error {
	p := sky.Pattern{Domain: domain, Type: kind}
	return p.Check()
}

// Info is what the owner sees of a channel.
type Info struct {
	Name         string
	Subscription string // that it belongs to, empty for none
	Since        int64
	Allow        Attenuation
	Accepted     uint64 // what the ledger said when it was made, of channels of that name before: as its principal they are one
	Denied       uint64
}
