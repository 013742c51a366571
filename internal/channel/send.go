package channel

import (
	"crypto/rand"
	"net/http"
	"time"

	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/sky"
)

// Answers to what goes out come as messages of the CA to itself, by a name that no app's method can have. Ticks do, too.
const (
	AnswerMethod = "channel-answer"
	TickMethod   = "channel-tick"
	TellMethod   = "channel-tell"
)

// How what goes out is tried again.
const (
	sendWithin  = 7 * 24 * time.Hour // then the dance decides
	sendTimeout = 15 * time.Second
	firstWait   = 200 * time.Millisecond
	lastWait    = 5 * time.Minute
	localScheme = "sky"
)

// The tags of what goes out: what it is, and whose.
const (
	tagDance   = "d" // d<kind>/<id>
	tagEvent   = "e" // e/<event's id>/<domain>/<type>/<id>
	tagResolve = "r" // r/<id>
	tagVerify  = "v" // v/<id>
)

func danceTag(k dance.Kind, id string) string { return tagDance + string('0'+rune(k)) + "/" + id }

// send is a message of the dance, as it goes to the peer.
func (p *part) send(l *link, s dance.Send) fetch.Request {
	m, eci := s.Message, l.ECI
	if s.ToDoorbell {
		eci = l.Doorbell
	}
	if l.own != (id{}) {
		m.ECI = p.feature.keys.mint(p.ca.Name(), l.own)
	}
	if m.Kind == dance.Request {
		m.Host = p.feature.hostFor(l.Host)
		if vouch := p.feature.opt.Vouch; vouch != nil && l.Host != "" {
			m.Vouch = vouch(p.ca.Name(), eci, m.ECI, l.ID)
		}
	}
	domain, kind, a := m.Event()
	r := p.feature.request(l.Host, eci, rand.Text(), domain, kind, a, danceTag(m.Kind, l.ID), l.ID)
	r.Minor = m.Kind == dance.Refuse // it goes to whoever has asked, and may never arrive
	return r
}

// hostFor is how a peer there reaches us: it need not be told on the same server.
func (f *Channels) hostFor(peer string) string {
	if peer == "" {
		return ""
	}
	return f.publicURL()
}

// request is an event to a peer, on this server or another one. Its id makes repetitions harmless.
func (f *Channels) request(host, eci, eid, domain, kind string, a sky.Attributes, tag, lane string) fetch.Request {
	if host == "" {
		host = localScheme + ":"
	}
	return post(sky.EventURL(host, eci, eid, domain, kind), a.JSON(), tag, lane)
}

// post is an event as it goes out.
func post(url string, body []byte, tag, lane string) fetch.Request {
	return fetch.Request{
		Call: outgoing.Call{
			Method: http.MethodPost, URL: url, Body: body, Timeout: sendTimeout,
			Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		},
		Within: sendWithin, First: firstWait, LastWait: lastWait, Tag: tag, Lane: lane,
	}
}
