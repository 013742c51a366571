package channel

import (
	"encoding/hex"
	"errors"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// letter begins the side keys, all of them hot; the next byte tells what they hold.
const (
	letter      = 'L'
	keyChannel  = 'c' // a channel, by its name
	keyHandler  = 'h' // who takes what
	keySpent    = 'r' // how much of a long rate is spent, by the channel's id
	keyLast     = 'e' // the last event on a subscription's channel, by the channel's id
	keyLink     = 's' // a subscription, by its id
	keyNotice   = 'n' // what the app has yet to hear of, by number
	keyInvite   = 'i' // an invitation, by the hash of its secret
	keyCard     = 'd' // the card that is published, as it is
	keyTerms    = 't' // what requesters get who are approved by a rule
	keyDoorbell = 'b' // the doorbell's id, for those who look for it without waking the CA
)

var errStored = errors.New("channel: what is stored of a channel is damaged or of a newer version")

func sideKey(kind byte, rest string) []byte {
	return actor.HotKey(letter, append([]byte{kind}, rest...)...)
}

// part is one activation's share.
type part struct {
	feature *Channels
	ca      *actor.CA
	state
	before state // when the message began
	ops    []op

	spent  map[id]int64 // of rates, by channel: not taken back with a message
	owing  []id         // channels whose long rates were spent and are not stored yet
	closed []id         // by the message

	lasts lasts

	told    bool   // an ECI, by the message at hand
	telling uint64 // the number of the notice that the app is being told
	resting int64  // until when no tick is tried, after one that failed
}

// state is never changed in place: that from before a message stays as it was.
type state struct {
	channels table
	handlers []handler
	links    links
	notices  []notice
	number   uint64 // of the last notice
	invites  []invite
	terms    *Attenuation // nil: none were said
	card     []byte
}

// op is a side key to be written, or removed where there is no value.
type op struct{ key, value []byte }

func (p *part) put(kind byte, rest string, value []byte) {
	p.ops = append(p.ops, op{sideKey(kind, rest), value})
}

func (p *part) remove(kind byte, rest string) { p.ops = append(p.ops, op{key: sideKey(kind, rest)}) }

// Load takes what is stored.
func (p *part) Load(key, value []byte) (err error) {
	if len(key) < 3 {
		return errStored
	}
	rest := string(key[3:])
	switch key[2] {
	case keyChannel:
		var c *channel
		if c, err = readChannel(rest, value); err == nil {
			p.channels = p.channels.and(c)
		}
	case keyHandler:
		var h handler
		if h, err = readHandler(rest); err == nil {
			p.handlers = sorted(append(p.handlers, h))
		}
	case keySpent:
		if len(rest) != idBytes {
			return errStored
		}
		r := cbor.NewReader(value)
		p.setSpent(id([]byte(rest)), r.Int())
		err = r.Done()
	case keyLast:
		err = p.lasts.load(rest, value)
	case keyLink:
		err = p.loadLink(rest, value)
	case keyNotice:
		err = p.loadNotice(rest, value)
	case keyInvite:
		err = p.loadInvite(rest, value)
	case keyTerms:
		r := cbor.NewReader(value)
		a := readAttenuation(&r)
		p.terms, err = &a, r.Done()
	case keyCard:
		p.card = value
	case keyDoorbell:
	default:
		return errStored
	}
	return err
}

// Begin notes where the message begins.
func (p *part) Begin() {
	p.before, p.ops, p.closed, p.lasts.next = p.state, nil, nil, nil
	p.told = false
}

// Rollback goes back there.
func (p *part) Rollback() { p.state, p.ops, p.closed, p.lasts.next = p.before, nil, nil, nil }

// Encode writes what has changed.
func (p *part) Encode(c *actor.Commit) {
	for _, o := range p.ops {
		if o.value == nil {
			c.Delete(o.key)
		} else {
			c.Put(o.key, o.value)
		}
	}
	p.ops = nil
	p.lasts.encode(c, p.closed)
	for _, i := range p.closed {
		delete(p.lasts.known, i)
		delete(p.spent, i)
		p.owing = slices.DeleteFunc(p.owing, func(other id) bool { return other == i })
	}
	p.closed = nil
	for _, i := range p.owing {
		c.Put(sideKey(keySpent, string(i[:])), cbor.AppendInt(nil, p.spent[i]))
	}
	p.owing = nil
}

func (p *part) setSpent(i id, at int64) {
	if p.spent == nil {
		p.spent = map[id]int64{}
	}
	p.spent[i] = at
}

// Idle keeps the CA in memory while a rate is being spent that is not stored: else whoever waits for it to be dropped would begin anew.
func (p *part) Idle() bool {
	now := p.feature.now()
	for _, c := range p.channels {
		if c.allow.Rate != 0 && c.allow.Per <= longRate && p.spent[c.id] > now {
			return false
		}
	}
	return true
}

// admit decides on what has come, and names the channel; an empty name says that there is none.
func (p *part) admit(e *bus.Event, now int64) (name string, refused *wire.Error) {
	v := e.By.(*Visit)
	c := byECI(p.channels, v.eci)
	if c == nil || c.sub == "" && c.expired(now) {
		return "", nil
	}
	if v.by = c; v.flaw != nil {
		return c.name, v.flaw
	}
	e.Caller.Owner = bus.ChannelOwner + "/" + hex.EncodeToString(c.id[:])
	if is, refused := p.heed(c, v); is {
		return c.name, refused
	}
	if c.expired(now) {
		return c.name, errExpired // the subscription goes on: its peer must not take it for ended
	}
	return c.name, c.allow.permits(v)
}

// spend takes one event from a channel's rate.
func (p *part) spend(c *channel, now int64) *wire.Error {
	if c.allow.Rate == 0 {
		return nil
	}
	before := p.spent[c.id]
	after, refused := c.allow.spend(before, now)
	if after == before {
		return refused
	}
	p.setSpent(c.id, after)
	if c.allow.Per > longRate && !slices.Contains(p.owing, c.id) {
		p.owing = append(p.owing, c.id)
	}
	return refused
}

var (
	errManyChannels = wire.Err(wire.Quota, "An assistant has at most 1,000 channels; remove one that is no longer used.")
	errTaken        = wire.Err(wire.Conflict, "There is another channel of this name.")
	errManyHandlers = wire.Err(wire.Quota, "An assistant has at most 256 methods for events and queries.")
)

// open makes a channel, or changes what one of that name allows. What those of that name were used before is told apart.
func (p *part) open(name, sub string, a Attenuation, now int64, before bus.Entry) (*channel, *wire.Error) {
	c := &channel{name: name, sub: sub, since: now, allow: a}
	if old := p.channels.get(name); old != nil {
		if old.sub != sub {
			return nil, errTaken
		}
		c.id, c.eci, c.since, c.accepted, c.denied = old.id, old.eci, old.since, old.accepted, old.denied
	} else {
		if len(p.channels) >= MaxChannels {
			return nil, errManyChannels
		}
		c.id, c.accepted, c.denied = newID(), before.Accepted, before.Denied
		c.eci = hashOf(p.eci(c))
	}
	p.channels = p.channels.with(c)
	p.put(keyChannel, name, c.encode())
	if name == Doorbell {
		p.put(keyDoorbell, "", c.id[:])
	}
	return c, nil
}

// eci is a channel's name to the outside. It is made each time it is told, and kept nowhere.
func (p *part) eci(c *channel) string {
	p.told = true
	return p.feature.keys.mint(p.ca.Name(), c.id)
}

// close removes a channel: what comes by it from then on is nobody's.
func (p *part) close(name string) (was bool) {
	c := p.channels.get(name)
	if c == nil {
		return false
	}
	p.channels = p.channels.without(name)
	p.remove(keyChannel, name)
	if name == Doorbell {
		p.remove(keyDoorbell, "")
	}
	if _, spent := p.spent[c.id]; spent {
		p.remove(keySpent, string(c.id[:]))
	}
	if c.sub != "" {
		p.remove(keyLast, string(c.id[:]))
	}
	p.closed = append(p.closed, c.id)
	return true
}

func (p *part) handle(h handler) *wire.Error {
	if slices.Contains(p.handlers, h) {
		return nil
	}
	if len(p.handlers) >= MaxHandlers {
		return errManyHandlers
	}
	p.handlers = sorted(append(slices.Clone(p.handlers), h))
	p.put(keyHandler, h.key(), cbor.AppendNull(nil))
	return nil
}

func (p *part) unhandle(h handler) (was bool) {
	i := slices.Index(p.handlers, h)
	if i < 0 {
		return false
	}
	p.handlers = slices.Delete(slices.Clone(p.handlers), i, i+1)
	p.remove(keyHandler, h.key())
	return true
}
