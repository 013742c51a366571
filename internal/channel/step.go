package channel

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
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

// work is what a step leaves to do once the part is let go of: others have parts of their own.
type work struct {
	asks   []fetch.Request
	stop   []string   // tags of what is not to be sent any more
	shown  []*link    // whose rows in the maps change
	gone   []string   // ids whose rows go
	opened []*channel // and those that were changed
	shut   []string   // channels whose rows go
}

// The tags of what goes out: what it is, and whose.
const (
	tagDance   = "d" // d<kind>/<id>
	tagEvent   = "e" // e/<event's id>/<domain>/<type>/<id>
	tagResolve = "r" // r/<id>
	tagVerify  = "v" // v/<id>
)

func danceTag(k dance.Kind, id string) string { return tagDance + string('0'+rune(k)) + "/" + id }

// take puts a step into effect: the record and the channel here, the rest as work.
func (p *part) take(l *link, s dance.Step, w *work) *link {
	next := *l
	next.Record = s.Record
	if c := p.channels.get(next.Channel); c != nil && c.sub == next.ID {
		next.own = c.id
	}
	if s.CloseChannel && l.Channel != "" && p.close(l.Channel) {
		w.shut = append(w.shut, l.Channel)
	}
	switch {
	case s.Forget:
		p.links = p.links.without(l.ID)
		p.remove(keyLink, linkKey(l.ID))
		w.gone = append(w.gone, l.ID)
	case s.Changed:
		p.keep(&next)
		w.shown = append(w.shown, &next)
	}
	for _, k := range s.Stop {
		w.stop = append(w.stop, danceTag(k, l.ID))
	}
	if next.State == dance.Ended && !next.Outbound {
		w.stop = append(w.stop, tagVerify+"/"+l.ID)
	}
	for _, send := range s.Send {
		w.asks = append(w.asks, p.send(&next, send))
	}
	if next.State != l.State {
		p.tell(p.feature.event(&next))
	}
	return &next
}

func (p *part) keep(l *link) {
	p.links = p.links.with(l)
	p.put(keyLink, linkKey(l.ID), p.encodeLink(l))
}

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
	return fetch.Request{
		Call: outgoing.Call{
			Method: http.MethodPost, URL: sky.EventURL(host, eci, eid, domain, kind), Body: a.JSON(), Timeout: sendTimeout,
			Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		},
		Within: sendWithin, First: firstWait, LastWait: lastWait, Tag: tag, Lane: lane,
	}
}

// apply runs choose on the part, and does what it leaves: all of it, or after an error, of which the app may think little, nothing.
func (f *Channels) apply(tx *actor.Tx, choose func(p *part, w *work) error) (err error) {
	var w work
	var undo func()
	sent := f.opt.Fetches.Mark(tx)
	f.use(tx, func(p *part) {
		undo = p.mark()
		err = choose(p, &w)
	})
	if err == nil {
		err = f.finish(tx, &w)
	}
	if err != nil {
		var back work
		f.use(tx, func(p *part) {
			undo()
			back = p.rows(&w)
		})
		sent()
		_ = f.show(tx, &back) // the first error is told
	}
	return err
}

// rows are those of a work, as the part stands now.
func (p *part) rows(of *work) (w work) {
	ids := slices.Clone(of.gone)
	for _, l := range of.shown {
		ids = append(ids, l.ID)
	}
	for _, id := range ids {
		if l := p.links.get(id); l != nil {
			w.shown = append(w.shown, l)
		} else {
			w.gone = append(w.gone, id)
		}
	}
	labels := slices.Clone(of.shut)
	for _, c := range of.opened {
		labels = append(labels, c.name)
	}
	for _, label := range labels {
		if c := p.channels.get(label); c != nil {
			w.opened = append(w.opened, c)
		} else {
			w.shut = append(w.shut, label)
		}
	}
	return w
}

// mark returns what takes the part back to where it is now.
func (p *part) mark() (undo func()) {
	state, ops, closed := p.state, len(p.ops), len(p.closed)
	return func() { p.state, p.ops, p.closed = state, p.ops[:ops], p.closed[:closed] }
}

// finish does what a step has left, in the same transaction.
func (f *Channels) finish(tx *actor.Tx, w *work) error {
	f.stop(tx, w.stop)
	for _, r := range w.asks {
		if _, err := f.opt.Fetches.Ask(tx, r, AnswerMethod); err != nil {
			return err
		}
	}
	return f.show(tx, w)
}

// show has the maps say what a work has changed.
func (f *Channels) show(tx *actor.Tx, w *work) error {
	for _, c := range w.opened {
		if err := f.opt.Show(tx, mapChannels, c.name, showChannel(c)); err != nil {
			return err
		}
	}
	for _, label := range w.shut {
		if err := f.opt.Show(tx, mapChannels, label, nil); err != nil {
			return err
		}
	}
	return f.showLinks(tx, w)
}

// stop ends what is under way with some tags.
func (f *Channels) stop(tx *actor.Tx, tags []string) {
	if len(tags) == 0 {
		return
	}
	for id, tag := range f.opt.Fetches.Waiting(tx) {
		if slices.Contains(tags, tag) {
			f.opt.Fetches.Cancel(tx, id)
		}
	}
}

func (f *Channels) showLinks(tx *actor.Tx, w *work) error {
	rows := map[string]*link{}
	for _, l := range w.shown {
		rows[l.ID] = l
	}
	for _, id := range w.gone {
		rows[id] = nil
	}
	for id, l := range rows {
		for _, label := range []string{mapLinks, mapPending} {
			var row map[string]any
			if l != nil && mapOf(l) == label {
				row = f.showLink(l)
			}
			if err := f.opt.Show(tx, label, id, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// step runs one input of the dance on a subscription: choose returns what comes of it.
func (f *Channels) step(tx *actor.Tx, id string, choose func(p *part, l *link, w *work) error) error {
	return f.apply(tx, func(p *part, w *work) error {
		if l := p.links.get(id); l != nil {
			return choose(p, l, w)
		}
		return errNoLink
	})
}
