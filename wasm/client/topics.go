package client

import (
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// topics drives the subscriptions of a Client's topics. It is guarded by Client.mu.
type topics struct {
	c      *Client
	follow *follow.Topics
	open   map[uint32]*feed
}

// feed is one subscription, which all Topics of the same name and filter share.
type feed struct {
	sub   uint32
	name  string
	users []*Topic
	state TopicState
	err   error
	lead  follow.Reader // how far it has got at most
	ready chan struct{} // closed once the server has answered, or never will
}

func newTopics(c *Client) *topics {
	return &topics{c: c, follow: follow.New(seed()), open: make(map[uint32]*feed)}
}

func (s *topics) linked(online bool) {
	if online {
		s.follow.Connected(s.c.now())
	} else {
		s.follow.Disconnected(s.c.now())
	}
}

func (s *topics) received(frame []byte) error { return s.follow.Received(s.c.now(), frame) }
func (s *topics) tick()                       { s.follow.Tick(s.c.now()) }
func (s *topics) wake() int64                 { return s.follow.Wake() }

func (s *topics) drain() {
	for e, ok := s.follow.Next(); ok; e, ok = s.follow.Next() {
		if e.Kind == follow.Send {
			s.c.link.SendFrame(e.Data)
		} else if f := s.open[e.Sub]; f != nil {
			s.tell(f, e)
		}
	}
}

func (s *topics) tell(f *feed, e follow.Event) {
	switch e.Kind {
	case follow.Opened:
		f.lead.Opened(e)
		for _, u := range f.users {
			u.opened(e)
		}
		f.turn(TopicLive, nil)
	case follow.Messages:
		f.lead.Pass(e)
		for _, u := range f.users {
			u.read(e)
		}
	case follow.Turned:
		if e.State == TopicEnded {
			delete(s.open, f.sub)
		}
		f.turn(e.State, e.Err)
	}
}

func (f *feed) turn(state TopicState, reason *wire.Error) {
	if f.state == state && f.err == nil && reason == nil {
		return
	}
	f.state, f.err = state, nil
	if reason != nil {
		f.err = reason
	}
	if state == TopicLive || state == TopicEnded {
		f.settled()
	}
	for _, u := range f.users {
		u.turned()
	}
}

func (f *feed) settled() {
	select {
	case <-f.ready:
	default:
		close(f.ready)
	}
}

// use makes t a reader of a subscription, which it opens if it is the first.
func (s *topics) use(t *Topic, name string) {
	sub := s.follow.Add(name, t.opt.CA, t.opt.Method)
	f := s.open[sub]
	if f == nil {
		f = &feed{sub: sub, name: name, ready: make(chan struct{})}
		s.open[sub] = f
	}
	t.feed = f
	f.users = append(f.users, t)
	if t.opt.Since.Epoch == 0 {
		t.begin(f.lead)
	} else {
		t.begin(follow.At(t.opt.Since.Epoch, t.opt.Since.Offset))
	}
	s.follow.Start(s.c.now(), sub, t.opt.Since.Epoch, t.opt.Since.Offset)
}

func (s *topics) end() {
	for _, f := range s.open {
		f.state, f.err = TopicEnded, ErrClosed
		f.settled()
	}
	clear(s.open)
}
