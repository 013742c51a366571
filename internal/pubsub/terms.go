package pubsub

import (
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// terms are on what a client gets messages: those who subscribe to a topic on the same ones may have the same of it.
type terms struct {
	owner  string    // of the client; empty where nothing turns on that
	ca     name.Name // whose policy lets publishers' messages through; none where method is empty
	method string    // that they would go to
}

// A claim is the terms that some of a topic's listeners have in common.
type claim struct {
	terms
	free      bool // they get everything: nobody is to be asked
	listeners int  // guarded by feed.mu
}

// claim finds or makes the one of a listener's terms. Call with mu held.
func (f *feed) claim(t terms) *claim {
	forum := f.name.Forum()
	if forum && t.method == "" {
		t.owner = ""
	}
	c := f.claims[t]
	if c == nil {
		c = &claim{terms: t, free: forum && t.method == ""}
		if f.claims == nil {
			f.claims = map[terms]*claim{}
		}
		f.claims[t] = c
	}
	c.listeners++
	return c
}

// drop gives back what claim has returned. Call with mu held.
func (f *feed) drop(c *claim) {
	if c.listeners--; c.listeners == 0 {
		delete(f.claims, c.terms)
	}
	if len(f.claims) == 0 {
		f.claims = nil
	}
}

// judge decides what a claim may have of some messages, which have been published before.
func (s *stretch) judge(c *claim) (sh share) {
	if topic := s.feed.name; !topic.Forum() {
		d := s.feed.hub.opt.Judge(topic.CA(), name.Name{App: topic.App, Owner: c.owner}, topic.Item, bus.Reader{})
		if !d.Allowed {
			if d.Code != wire.Unavailable {
				sh.refused = d.Refusal()
			}
			return sh
		}
	}
	const asked, allowed, open = 1, 2, 4
	var answers [maxStretch]uint8 // by publisher
	for i, e := range s.entries {
		a := &answers[s.by[i]]
		if *a == 0 && c.method == "" {
			*a = asked | allowed
		}
		if *a == 0 {
			*a = asked
			d := s.feed.hub.opt.Judge(c.ca, e.From, c.method, bus.Reader{})
			switch {
			case d.Allowed:
				*a |= allowed
			case d.Code == wire.Unavailable:
				*a |= open
			}
		}
		if *a&open != 0 {
			return sh
		}
		if *a&allowed != 0 {
			sh.which.add(i)
		}
		sh.decided++
	}
	return sh
}

var errNarrowed = wire.Err(wire.NotAllowed, "Your token is narrowed. It opens a forum for a handler of a CA only that it permits: say which.")

// scoped tells whether the token of the connection opens the topic, on these terms.
func (l *listener) scoped() *wire.Error {
	scope, now := l.client.conn.Scope(), l.client.hub.now()
	var err error
	switch {
	case !l.topic.Forum():
		err = scope.Permits(l.topic.CA(), l.topic.Item, now)
	case l.terms.method == "" && (scope.CA != "" || len(scope.Methods) > 0):
		return errNarrowed
	default:
		err = policy.Scope{App: scope.App, Expires: scope.Expires}.Permits(l.topic, "", now)
	}
	if err == nil && l.terms.method != "" {
		err = scope.Permits(l.terms.ca, l.terms.method, now)
	}
	if err == nil {
		return nil
	}
	if e, ok := err.(*wire.Error); ok {
		return e
	}
	return wire.Err(wire.NotAllowed, "Your token does not open this topic.")
}
