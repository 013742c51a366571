package server

import (
	"time"

	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
)

// Pattern says which events are meant, or which queries: Domain is the ruleset then, and Type the name. Each is exact, or "*" for any. The domains system, wrangler and
// cloudos, in which subscriptions are steered, are meant by their names only.
type Pattern struct {
	Domain string `json:"domain"`
	Type   string `json:"type"`
}

// Attenuation is what a channel lets through: the zero Attenuation nothing. It has up to 64 patterns of events, and as many of queries.
type Attenuation struct {
	Events     []Pattern       `json:"events,omitempty"`
	Queries    []Pattern       `json:"queries,omitempty"`
	Attributes AttributeLimits `json:"attributes,omitzero"`
	Rate       Rate            `json:"rate,omitzero"`
	Expires    time.Time       `json:"expires,omitzero"` // the zero Time means never
}

// AttributeLimits bound what an event brings, below what holds for all events: 256 attributes, names of 256 bytes, values of 256 KiB, bodies of 1 MiB. Zero values don't.
type AttributeLimits struct {
	Max   int      `json:"max,omitempty"`   // how many
	Bytes int      `json:"bytes,omitempty"` // of all of them together
	Only  []string `json:"only,omitempty"`  // no others than these, up to 64
}

// Rate is how many events and queries a channel takes in a time: as many at once, and then as they become free again, one by one. The zero Rate is any number.
type Rate struct {
	Events int           `json:"events"`
	Per    time.Duration `json:"per"`
}

// Channel is one way into this CA from outside: whoever knows its ECI can raise the events that it lets through, over HTTP, without an account. So the ECI is a secret to be shared with one
// party. It stands in no map and no log, and is not stored; it is the same each time it is asked for, until the channel is removed.
type Channel struct {
	Name string `json:"name"`
	ECI  string `json:"eci"`
	URL  string `json:"url"` // events go to URL/{event id}/{domain}/{type}
}

// ChannelInfo is what the owner sees of a channel.
type ChannelInfo struct {
	Name         string      `json:"name"`
	Subscription string      `json:"subscription"` // that it belongs to, empty for none
	Allow        Attenuation `json:"allow"`
	Since        time.Time   `json:"since"`
	Last         time.Time   `json:"last,omitzero"` // its last use, accepted or not
	Accepted     uint64      `json:"accepted"`
	Denied       uint64      `json:"denied"`
}

// Channel makes a channel of that name (1 to 63 of a-z 0-9 and -), or changes what the one of that name lets through. What comes by it is this CA's ledger's as the principal channel/name. A CA
// has up to 1,000 channels.
func (tx *Tx) Channel(label string, a Attenuation) (Channel, error) {
	tx.changes("Channel")
	eci, err := tx.channels().Make(tx.tx, label, a.inner())
	if err != nil {
		return Channel{}, err
	}
	return tx.channel(label, eci), nil
}

func (tx *Tx) channels() *channel.Channels { return tx.class.srv.channels }

func (tx *Tx) channel(label, eci string) Channel {
	return Channel{label, eci, sky.ChannelURL(tx.PublicURL(), eci)}
}

// ChannelOf is the channel of that name, with its ECI, if there is one.
func (tx *Tx) ChannelOf(label string) (c Channel, ok bool) {
	eci := tx.channels().ECI(tx.tx, label)
	if eci == "" {
		return Channel{}, false
	}
	return tx.channel(label, eci), true
}

// RemoveChannel removes a channel, and tells whether there was one: its ECI is nobody's from the commit on. The subscription that a channel belongs to ends with it.
func (tx *Tx) RemoveChannel(label string) bool {
	tx.changes("RemoveChannel")
	was, err := tx.channels().Remove(tx.tx, label)
	if err != nil {
		tx.fail(err)
	}
	return was
}

// Channels are all of this CA's channels, by name, those of subscriptions included.
func (tx *Tx) Channels() (all []ChannelInfo, err error) {
	for _, c := range tx.channels().List(tx.tx) {
		n := tx.tx.Self()
		h, flaw := tx.gate().History(tx.tx, name.Name{App: n.App, Owner: name.ChannelOwner, Local: c.Name})
		if flaw != nil {
			return nil, flaw
		}
		out := ChannelInfo{Name: c.Name, Subscription: c.Subscription, Allow: outer(c.Allow), Since: clock.FromMicros(c.Since), Accepted: more(h.Accepted, c.Accepted), Denied: more(h.Denied, c.Denied)}
		if h.Last >= c.Since { // else it is of a channel before, of the same name
			out.Last = clock.FromMicros(h.Last)
		}
		all = append(all, out)
	}
	return all, nil
}

// more is how much a count has grown. One that a crash has put back has not.
func more(now, before uint64) uint64 { return max(now, before) - before }

// Doorbell is the channel that strangers ask for subscriptions by. It takes these requests, their withdrawal, and nothing else, so that its ECI may be known to everybody. It is made at first
// use; RemoveChannel("doorbell") closes it, and the next one has another ECI. Its Attenuation, if Channel gives it one, counts for its rate and its expiry.
func (tx *Tx) Doorbell() (Channel, error) {
	if c, ok := tx.ChannelOf(channel.Doorbell); ok {
		return c, nil
	}
	return tx.Channel(channel.Doorbell, Attenuation{})
}

func (a Attenuation) inner() channel.Attenuation {
	out := channel.Attenuation{
		Events: innerPatterns(a.Events), Queries: innerPatterns(a.Queries), MaxAttributes: a.Attributes.Max, MaxBytes: a.Attributes.Bytes, Only: a.Attributes.Only,
		Rate: a.Rate.Events, Per: a.Rate.Per.Microseconds(),
	}
	if !a.Expires.IsZero() {
		out.Expires = max(1, clock.Micros(a.Expires))
	}
	return out
}

func outer(a channel.Attenuation) Attenuation {
	out := Attenuation{
		Events: outerPatterns(a.Events), Queries: outerPatterns(a.Queries), Attributes: AttributeLimits{a.MaxAttributes, a.MaxBytes, a.Only},
		Rate: Rate{a.Rate, time.Duration(a.Per) * time.Microsecond},
	}
	if a.Expires != 0 {
		out.Expires = clock.FromMicros(a.Expires)
	}
	return out
}

func innerPatterns(all []Pattern) (out []sky.Pattern) {
	for _, p := range all {
		out = append(out, sky.Pattern(p))
	}
	return out
}

func outerPatterns(all []sky.Pattern) (out []Pattern) {
	for _, p := range all {
		out = append(out, Pattern(p))
	}
	return out
}
