package channel

import (
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Options are what Channels are made of. All are needed but Vouch.
type Options struct {
	Secret    []byte        // that ECIs are made with: who has it can make them
	PublicURL func() string // how peers reach this server, without a slash at the end; it may be known late
	Clock     clock.Clock
	Gate      *bus.Gate
	Fetches   *fetch.Fetches
	Deliver   func(*actor.Message)
	Read      func(ca string, key []byte) ([]byte, error) // a CA's side key as it is stored, nil for none
	Hears     func(app string) bool                       // which apps want to be told of subscriptions
	Show      Show
	// CheckTarget tells what is wrong with an address that is to be looked up by the carrier "resolve".
	CheckTarget func(string) *wire.Error
	// Vouch signs that a CA of this server asks at a doorbell, for the asked to check. Nil: nobody is vouched for.
	Vouch func(from name.Name, doorbell, back, id string) string
}

// Show keeps the maps in which a CA's subscriptions and channels stand. A nil value removes the entry.
type Show func(tx *actor.Tx, label, key string, value map[string]any) error

// Channels is the feature: the ways into CAs from outside, and what is made of them.
type Channels struct {
	opt  Options
	keys *keys

	taken, refused atomic.Int64
}

// Stats are what came by channels since the server's start.
type Stats struct {
	Taken   int64 // events and queries that were answered, repetitions included
	Refused int64 // those that were answered with an error
}

// Stats counts.
func (f *Channels) Stats() Stats { return Stats{f.taken.Load(), f.refused.Load()} }

// New makes the feature. What it asks others for goes by Options.Fetches, whose carriers for "sky" it is, and for "resolve" and "verify" package discovery.
func New(o Options) *Channels {
	f := &Channels{opt: o, keys: newKeys(o.Secret)}
	o.Fetches.Carry(localScheme, f.carry)
	return f
}

// Letter begins the side keys.
func (*Channels) Letter() byte { return letter }

// NewPart makes an activation's share.
func (f *Channels) NewPart(ca *actor.CA) actor.Part { return &part{feature: f, ca: ca} }

// Admit decides on what has come by a channel. It makes Channels the gate's.
func (f *Channels) Admit(ca *actor.CA, e *bus.Event, now int64) (name string, refused *wire.Error) {
	p, ok := ca.Part(f).(*part)
	if !ok {
		return "", nil
	}
	return p.admit(e, now)
}

// Spend takes an event from its channel's rate. What the dance says was taken when it was admitted.
func (f *Channels) Spend(ca *actor.CA, e *bus.Event, now int64) *wire.Error {
	if v := e.By.(*Visit); v.word == nil {
		return ca.Part(f).(*part).spend(v.by, now)
	}
	return nil
}

func (f *Channels) now() int64 { return clock.Micros(f.opt.Clock.Now()) }

// use calls do with the part of the CA that handles a message.
func (f *Channels) use(tx *actor.Tx, do func(*part)) {
	tx.Use(f, func(x actor.Part) { do(x.(*part)) })
}

// publicURL is how peers reach this server.
func (f *Channels) publicURL() string { return strings.TrimRight(f.opt.PublicURL(), "/") }

// hostOf is the host of a server's URL, as it stands behind the @ of a name, without the scheme's own port; empty if it can't.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	own := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.TrimSuffix(strings.ToLower(u.Host), own)
}

// address is the name of a CA of this server as others know it: app:owner/ca@host, without a host while none is known.
func (f *Channels) address(ca name.Name) string {
	out := ca
	out.Host = hostOf(f.publicURL())
	if out.Check() != nil {
		return ca.String()
	}
	return out.String()
}
