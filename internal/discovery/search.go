package discovery

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// Bounds of a Resolve.
const (
	MaxHops       = 3  // from one address to another
	MaxCalls      = 10 // to others, in all
	ResolveWithin = 30 * time.Second
	callWithin    = 10 * time.Second
	maxTemplates  = 3 // of a host
)

// search is one Resolve: what it has asked already, and what went wrong on the way.
type search struct {
	*Discovery
	ctx   context.Context
	owner string
	calls int
	hops  int
	seen  map[string]bool
	why   string // the first reason for which a step found nothing
}

// A step that finds nothing returns errNothing: another way may lead there. Other errors end the search.
var (
	errNothing = wire.Err(wire.NotFound, "Nothing is here.")
	errLong    = wire.Err(wire.BadRequest, "This address leads from one to the next and on and on: ask its owner for another one.")
)

// get fetches a document. What isn't there, or isn't a document, is errNothing, with why it isn't in s.why.
func (s *search) get(at place, url string) (doc document, err *wire.Error) {
	if s.seen[url] {
		return doc, errNothing
	}
	s.seen[url] = true
	if s.calls++; s.calls > MaxCalls {
		return doc, errLong
	}
	a, err := s.Client.Do(s.ctx, s.owner, outgoing.Call{
		URL: url, Header: http.Header{"Accept": {typeJRD + ", application/json, " + typeXRD + ";q=0.5"}}, Timeout: callWithin,
	})
	if err != nil {
		return doc, told(at, err)
	}
	return s.read(at, a)
}

// told says which host an error is about.
func told(at place, err *wire.Error) *wire.Error {
	return &wire.Error{Code: err.Code, Message: at.authority + ": " + err.Message, RetryAfter: err.RetryAfter}
}

func (s *search) read(at place, a outgoing.Answer) (doc document, err *wire.Error) {
	switch {
	case a.Status == http.StatusTooManyRequests || a.Status >= 500:
		return doc, wire.Retry(wire.Unavailable, at.authority+" can't answer at the moment.", 0)
	case a.Status >= 300 && a.Status < 400:
		return doc, s.note(at, "It sends elsewhere, and redirects are not followed: its host-meta may name another server.")
	case a.Status != http.StatusOK:
		return doc, errNothing
	}
	doc, flawed := parseDocument(a.Header.Get("Content-Type"), a.Body)
	if flawed != nil {
		return doc, s.note(at, "What it answers can't be used: "+flawed.Error()+".")
	}
	return doc, nil
}

// note keeps why a step found nothing, for whom the whole search finds nothing.
func (s *search) note(at place, why string) *wire.Error {
	if s.why == "" {
		s.why = at.authority + ": " + why
	}
	return errNothing
}

// isHere tells whether a target is to be found at this server. An address doesn't name the scheme.
func (s *search) isHere(t target) bool {
	scheme := t.at.scheme
	if t.who.Owner != "" {
		scheme = ""
	}
	return s.ours(scheme, t.at.authority)
}

// target asks the server that a target names, first by WebFinger, then by its host-meta.
func (s *search) target(t target) (Found, *wire.Error) {
	if s.isHere(t) {
		return s.local(t.resource)
	}
	doc, err := s.get(t.at, t.at.String()+pathWebFinger+"?resource="+url.QueryEscape(t.resource))
	if err == nil {
		if f, err := s.pick(t, t.at, doc); err != errNothing {
			return f, err
		}
	} else if err != errNothing {
		return Found{}, err
	}
	return s.byHost(t)
}

// byHost asks where the host says that its people are to be asked for.
func (s *search) byHost(t target) (Found, *wire.Error) {
	doc, err := s.hostMeta(t.at)
	if err != nil {
		return Found{}, err
	}
	if t.who.Owner == "" { // the host's own doorbell stands for its pages, not for anybody by name
		if f, err := s.pick(t, t.at, doc); err != errNothing {
			return f, err
		}
	}
	for i, l := range doc.all(relLRDD) {
		if i == maxTemplates {
			break
		}
		if f, err := s.template(t, l); err != errNothing {
			return f, err
		}
	}
	return Found{}, errNothing
}

func (s *search) hostMeta(at place) (document, *wire.Error) {
	doc, err := s.get(at, at.String()+pathHostMetaJSON)
	if err == errNothing {
		doc, err = s.get(at, at.String()+pathHostMeta)
	}
	return doc, err
}

// template asks another server about a resource, as a host has it (RFC 6415, 4.2).
func (s *search) template(t target, l link) (Found, *wire.Error) {
	link := strings.ReplaceAll(l.Template, "{uri}", url.QueryEscape(t.resource))
	if link == "" {
		link = l.Href
	}
	u, at, ok := web(link)
	if !ok || len(link) > outgoing.MaxURL {
		return Found{}, s.note(t.at, "Where it says to ask is no URL.")
	}
	if !at.secret() && t.at.secret() {
		return Found{}, s.note(t.at, "It says to ask where others could change the answer: without https.")
	}
	if s.ours(at.scheme, at.authority) {
		return s.local(u.Query().Get("resource"))
	}
	doc, err := s.get(at, link)
	if err != nil {
		return Found{}, err
	}
	return s.pick(t, at, doc)
}

// local finds what this server itself shows.
func (s *search) local(resource string) (Found, *wire.Error) {
	r, known := s.parseResource(resource)
	if !known {
		return Found{}, errNothing
	}
	all, err := s.find(s.ctx, r.who, r.alias)
	if err != nil {
		return Found{}, errRead
	}
	if len(all) == 0 {
		return Found{}, errNothing
	}
	return s.own(&all[0]), nil
}
