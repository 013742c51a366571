package server

import (
	"net/http"
	"path"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/discovery"
	"github.com/wabgo/wab/internal/name"
)

// openChannels makes the ways into CAs from outside, and how they are found.
func (s *Server) openChannels(classes map[string]actor.Class) {
	s.channels = channel.New(channel.Options{
		Secret: s.accounts.Secret("channel"), PublicURL: func() string { return s.opt.PublicURL }, Clock: s.opt.Clock, Gate: s.gate, Fetches: s.fetches,
		Deliver: s.deliver, Read: s.store.Get, Show: s.showChannels,
		Hears:       func(app string) bool { return classes[app].(*class).methods[onSubscription] != nil },
		CheckTarget: discovery.CheckTarget,
		Vouch: func(from name.Name, doorbell, back, id string) string {
			return s.finder.Vouch(from, discovery.Request{Doorbell: doorbell, Back: back, ID: id})
		},
	})
	s.gate.Channels = s.channels
	s.finder = discovery.New(discovery.Options{
		Apps: s.appNames(), CAs: s.cas, Published: s.published, PublicURL: func() string { return s.opt.PublicURL }, Client: s.outgoing, Clock: s.opt.Clock,
		Seed: s.accounts.Secret("vouch"),
	})
	searches := newSearches(s.finder)
	s.closers = append(s.closers, searches)
	s.fetches.Carry(channel.SchemeResolve, searches.resolve)
	s.fetches.Carry(channel.SchemeVerify, searches.verify)
}

// deliver waits for the runtime: what was under way when the server ended goes on while that begins.
func (s *Server) deliver(m *actor.Message) {
	<-s.begun
	s.runtime.Deliver(m)
}

func (s *Server) appNames() (names []string) {
	for i := range s.apps {
		names = append(names, s.apps[i].Name)
	}
	return names
}

// published is the card of a CA and its doorbell, as they are durable.
func (s *Server) published(ca name.Name) (card discovery.Card, eci string, ok bool, err error) {
	packed, eci, err := s.channels.Published(ca.String())
	if err != nil || packed == nil || eci == "" {
		return card, "", false, err
	}
	card, err = discovery.ParseCard(packed)
	return card, eci, err == nil, err
}

// showChannels keeps the maps that tell a CA's owner of its channels and subscriptions.
func (s *Server) showChannels(tx *actor.Tx, label, key string, value map[string]any) error {
	own := s.maps.Own(tx, label)
	if value == nil {
		_, err := own.Delete(key)
		return err
	}
	packed, err := marshal(value)
	if err != nil {
		return err
	}
	return own.Set(key, packed)
}

// outside serves what comes to channels before anything cleans its path: a redirect would lose the body.
func (s *Server) outside(rest http.Handler) http.Handler {
	events := s.sessions.Counted(s.channels.Handler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if channel.Serves(r.URL.Path) || channel.Serves(path.Clean("/"+r.URL.Path)) {
			events.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}
