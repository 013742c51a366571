package channel

import (
	"encoding/binary"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// LinkInfo is what an owner sees of a subscription.
type LinkInfo struct {
	ID, State                     string
	Outbound, Verified            bool
	Name, Namespace, Relationship string
	RxRole, TxRole                string // ours, the peer's
	Peer, Host, Channel           string
	Why, End, Reason              string
	Since, Expires                int64
}

// Event is what an app is told of a subscription: how it stands now, or that an event on it has not arrived.
type Event struct {
	LinkInfo
	Undelivered  bool
	EventID      string // of the event that has not arrived, as RaiseOn has told it
	Domain, Type string // of that event; Reason tells why
}

func (f *Channels) info(l *link) LinkInfo {
	host := l.Host
	if host == "" && l.target == "" {
		host = f.publicURL()
	}
	return LinkInfo{
		ID: l.ID, State: l.State.String(), Outbound: l.Outbound, Verified: l.Verified, Name: l.Name, Namespace: l.Namespace, Relationship: l.Relationship,
		RxRole: l.RxRole, TxRole: l.TxRole, Peer: l.peer, Host: host, Channel: l.Channel, Why: l.Why, End: l.End.String(), Reason: l.Reason, Since: l.Since, Expires: l.Expires,
	}
}

func (f *Channels) event(l *link) Event { return Event{LinkInfo: f.info(l)} }

// notice is an Event that the app has yet to hear of.
type notice struct {
	number uint64
	event  Event
}

// maxNotices bounds what waits for an app: the oldest are dropped.
const maxNotices = 1000

func numberKey(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

// tell has the app hear of something, if it wants to, in a transaction of its own.
func (p *part) tell(e Event) {
	if !p.feature.opt.Hears(p.ca.Name().App) {
		return
	}
	p.number++
	n := notice{p.number, e}
	p.notices = append(p.notices[:len(p.notices):len(p.notices)], n)
	p.put(keyNotice, numberKey(n.number), n.encode())
	if len(p.notices) > maxNotices {
		p.remove(keyNotice, numberKey(p.notices[0].number))
		p.notices = p.notices[1:]
	}
}

func (n notice) encode() []byte {
	e := &n.event
	texts := []string{e.ID, e.State, e.Name, e.Namespace, e.Relationship, e.RxRole, e.TxRole, e.Peer, e.Host, e.Channel, e.Why, e.End, e.Reason, e.EventID, e.Domain, e.Type}
	b := cbor.AppendArrayHeader(nil, len(texts)+5)
	for _, t := range texts {
		b = cbor.AppendText(b, t)
	}
	for _, is := range []bool{e.Outbound, e.Verified, e.Undelivered} {
		b = cbor.AppendBool(b, is)
	}
	return cbor.AppendInt(cbor.AppendInt(b, e.Since), e.Expires)
}

func (p *part) loadNotice(key string, value []byte) error {
	if len(key) != 8 {
		return errStored
	}
	n := notice{number: binary.BigEndian.Uint64([]byte(key))}
	e := &n.event
	r := cbor.NewReader(value)
	r.Array()
	for _, t := range []*string{&e.ID, &e.State, &e.Name, &e.Namespace, &e.Relationship, &e.RxRole, &e.TxRole, &e.Peer, &e.Host, &e.Channel, &e.Why, &e.End, &e.Reason, &e.EventID, &e.Domain, &e.Type} {
		*t = r.Text()
	}
	e.Outbound, e.Verified, e.Undelivered = r.Bool(), r.Bool(), r.Bool()
	e.Since, e.Expires = r.Int(), r.Int()
	p.notices = append(p.notices, n)
	p.number = max(p.number, n.number)
	return r.Done()
}

// Due has the CA tended while something is to be told, and when something is due.
func (p *part) Due() (at int64) {
	if len(p.notices) > 0 {
		return 1
	}
	for _, l := range p.links {
		if w := l.wake(); w != 0 && (at == 0 || w < at) {
			at = w
		}
	}
	if at != 0 {
		at = max(at, p.resting)
	}
	return at
}

// Next is the message for what is to be done now.
func (p *part) Next(now int64) *actor.Message {
	if len(p.notices) > 0 {
		p.telling = p.notices[0].number
		return &actor.Message{Kind: actor.Changed, Method: TellMethod, Args: cbor.AppendArrayHeader(nil, 0), Ext: &p.notices[0].event}
	}
	for _, l := range p.links {
		if w := l.wake(); w != 0 && w <= now && now >= p.resting {
			return &actor.Message{Kind: actor.Changed, Method: TickMethod, Args: cbor.AppendArrayHeader(nil, 0)}
		}
	}
	return nil
}

// restAfter is the pause after a tick that failed, in µs.
const restAfter = 60_000_000

// Settled crosses off what was told, whatever the app has made of it.
func (p *part) Settled(m *actor.Message, err *wire.Error) {
	switch m.Method {
	case TellMethod:
		if len(p.notices) > 0 && p.notices[0].number == p.telling { // else it made room for others
			p.remove(keyNotice, numberKey(p.telling))
			p.notices = p.notices[1:]
		}
	case TickMethod:
		if err != nil {
			p.resting = p.feature.now() + restAfter
			p.ca.WakeAt(p.resting)
		}
	}
}
