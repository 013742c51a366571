package discovery

import (
	"strings"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// own is a doorbell of this server.
func (d *Discovery) own(s *shown) Found {
	_, base, _ := d.here()
	return Found{Host: base, ECI: s.eci, Name: s.card.Name, App: s.ca.App, Owner: s.ca.Owner, Local: s.ca.Local, Card: s.card}
}

// pick takes the first doorbell of a document that a target means, or goes on to the address that it names instead.
func (s *search) pick(t target, at place, doc document) (Found, *wire.Error) {
	for _, l := range doc.all(RelDoorbell) {
		if f, ok := s.doorbell(t, at, &doc, &l); ok {
			return f, nil
		}
	}
	for _, l := range doc.all(relSelf) {
		if f, err := s.follow(at, l.Href); err != errNothing {
			return f, err
		}
	}
	return Found{}, errNothing
}

// doorbell reads a link to one, if it is of the CA that is meant and leads there safely.
func (s *search) doorbell(t target, at place, doc *document, l *link) (f Found, ok bool) {
	_, to, ok := web(l.Href)
	if !ok || at.secret() && !to.secret() {
		return f, false
	}
	if f.Host, f.ECI, ok = sky.SplitDoorbell(l.Href); !ok {
		return f, false
	}
	ca := named(l.Properties)
	if ca.Owner != "" && (t.who.App != "" && t.who.App != ca.App || t.who.Local != "" && t.who.Local != ca.Local) {
		return f, false
	}
	f.App, f.Owner, f.Local = ca.App, ca.Owner, ca.Local
	f.Card = cardOf(doc, l)
	f.Name = f.Card.Name
	return f, true
}

// named is the CA that a link is of, zero if that isn't said as it should be.
func named(properties map[string]any) name.Name {
	n, err := name.Parse(text(properties, propApp) + ":" + text(properties, propCA))
	if err != nil || n.Host != "" || n.Kind() != name.CA {
		return name.Name{}
	}
	return n
}

// follow goes on to an address or a page that a document has in its place.
func (s *search) follow(at place, href string) (Found, *wire.Error) {
	next, err := parseTarget(href)
	if err != nil || next.resource == "" || at.secret() && !next.at.secret() {
		return Found{}, errNothing
	}
	if s.hops++; s.hops > MaxHops {
		return Found{}, errLong
	}
	return s.target(next)
}

// cardOf gathers what a document says beside a doorbell, as far as it is fit to be shown.
func cardOf(doc *document, bell *link) Card {
	c := Card{Name: clean(bell.title(), MaxName, " "), About: clean(text(bell.Properties, propAbout), MaxAbout, "\n")}
	ca := named(bell.Properties)
	for _, l := range doc.Links {
		if named(l.Properties) != ca {
			continue
		}
		if l.Rel == relAvatar && c.Picture == "" && pictureURL(l.Href) {
			c.Picture = l.Href
		}
		own := Link{Rel: l.Rel, Href: l.Href, Title: clean(l.title(), MaxTitle, " ")}
		if own.check() == nil && len(c.Links) < MaxLinks {
			c.Links = append(c.Links, own)
		}
	}
	return c
}

// clean makes a text of at most n characters of a peer's, without what would hide or turn others.
func clean(s string, n int, newline string) string {
	s = strings.Map(func(r rune) rune {
		if hidden(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	s = strings.NewReplacer("\n", newline, "\t", " ").Replace(s)
	if utf8.RuneCountInString(s) > n {
		s = string([]rune(s)[:n])
	}
	return strings.TrimSpace(s)
}
