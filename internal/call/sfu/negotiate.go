package sfu

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/wabgo/wab/internal/wire"
)

// How long a peer waits.
const (
	firstOffer   = 2 * time.Second  // for the member's first offer, before it makes its own
	repeatOffer  = 5 * time.Second  // until an offer without an answer is sent again
	gatherWithin = 2 * time.Second  // for candidates: the ports are open, so there is nothing to wait for but other work
	lostWithin   = 30 * time.Second // for a connection that never came, or failed, before the peer gives up
)

// negotiation is the peer's side of perfect negotiation: the impolite one. Only the peer's goroutine uses it.
type negotiation struct {
	joined   time.Time
	begun    bool   // an offer has been made or taken
	slots    []slot // media sections that are ours to send on
	offered  uint32 // number of our last offer
	out      *Offer // our offer that has no answer yet
	outSince time.Time
	heard    uint32 // number of the member's last offer that was answered or refused
	answer   Signal // what it was answered
	restart  bool   // our next offer restarts ICE
	lost     time.Time
	waits    atomic.Bool // something may become due by time alone: the room's pulse looks in once a second
}

// run works off what comes for the peer until it is closed, then frees the connection.
func (p *Peer) run() {
	defer func() { _ = p.pc.GracefulClose() }()
	for {
		select {
		case <-p.done:
			return
		case <-p.inbox.wake:
		}
		if err := p.work(p.inbox.take(), time.Now()); err != nil {
			p.fail(err)
		}
		p.waits.Store(!p.begun || p.out != nil || !p.line.connected.Load())
	}
}

// work does what is to be done; an error ends the peer. Nothing that a member sends may end more than its own peer: what a library makes
// of a description nobody thought of is caught here.
func (p *Peer) work(t task, now time.Time) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("negotiation: %v", r)
		}
	}()
	if t.fail != nil {
		return t.fail
	}
	for _, s := range t.signals {
		p.take(s)
	}
	if t.resume {
		p.resend()
	}
	if t.dirty {
		p.subscribe()
	}
	if p.out != nil && now.Sub(p.outSince) > repeatOffer {
		p.outSince = now
		p.opt.Signal(*p.out)
	}
	if err := p.propose(now); err != nil {
		return err
	}
	return p.patience(now)
}

// patience is at its end when there has been no connection for too long.
func (p *Peer) patience(now time.Time) error {
	switch {
	case p.line.connected.Load():
		p.lost = time.Time{}
	case p.lost.IsZero():
		p.lost = now
	case now.Sub(p.lost) > lostWithin:
		return errLost
	}
	return nil
}

func (p *Peer) take(s Signal) {
	switch s := s.(type) {
	case Offer:
		p.takeOffer(s)
	case Answer:
		p.takeAnswer(s)
	case Candidate:
		p.takeCandidate(s)
	case Restart:
		p.restart = true
	}
}

// resend repeats what the member may not have got.
func (p *Peer) resend() {
	if p.answer != nil {
		p.opt.Signal(p.answer)
	}
	if p.out != nil {
		p.outSince = time.Now()
		p.opt.Signal(*p.out)
	}
}

// takeOffer answers an offer of the member. One that crosses ours is ignored: the member takes its own back.
func (p *Peer) takeOffer(o Offer) {
	switch {
	case o.N == p.heard && p.answer != nil:
		p.opt.Signal(p.answer)
		return
	case o.N <= p.heard || p.out != nil:
		return
	}
	answer, err := p.accept(o)
	p.heard = o.N
	if err != nil {
		p.room.engine.log(p).Debug("offer refused", "error", err)
		p.answer = refusal(o.N, err)
	} else {
		p.begun = true
		p.answer = answer
	}
	p.opt.Signal(p.answer)
	if p.pc.SignalingState() == webrtc.SignalingStateHaveRemoteOffer {
		p.inbox.failed(fmt.Errorf("an offer that could be followed half way only: %w", err)) // pion can't go back
	}
}

func refusal(n uint32, err error) Refused {
	var known *wire.Error
	if !errors.As(err, &known) {
		known = refused("This session description can't be taken.")
	}
	return Refused{N: n, Code: string(known.Code), Message: known.Message}
}

func (p *Peer) accept(o Offer) (Answer, error) {
	if err := checkSources(o.Sources); err != nil {
		return Answer{}, err
	}
	if err := checkDescription(o.SDP); err != nil {
		return Answer{}, err
	}
	p.room.mu.Lock()
	p.sources = o.Sources
	p.room.mu.Unlock()
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return Answer{}, err
	}
	d, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return Answer{}, err
	}
	sdp, err := p.describe(d)
	return Answer{N: o.N, SDP: sdp}, err
}

// describe makes a description ours, and returns it with our candidates in it.
func (p *Peer) describe(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(d); err != nil {
		return "", err
	}
	late := time.NewTimer(gatherWithin)
	defer late.Stop()
	select {
	case <-gathered:
	case <-late.C:
	case <-p.done:
	}
	return p.pc.LocalDescription().SDP, nil
}

func (p *Peer) takeAnswer(a Answer) {
	if p.out == nil || a.N != p.out.N {
		return // to an offer that is answered already, or was never made
	}
	if err := checkDescription(a.SDP); err != nil {
		return
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		p.room.engine.log(p).Debug("answer not taken", "error", err)
		if p.pc.SignalingState() != webrtc.SignalingStateStable {
			p.inbox.failed(fmt.Errorf("the member's answer can't be taken: %w", err))
		}
		return
	}
	p.out = nil
	p.begun = true
}

func (p *Peer) takeCandidate(c Candidate) {
	init := webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.Mid, SDPMLineIndex: &c.Line}
	if err := p.pc.AddICECandidate(init); err != nil {
		p.room.engine.log(p).Debug("candidate not taken", "error", err)
	}
}

// propose makes an offer where subscriptions have changed or ICE is to restart, once it is our turn.
func (p *Peer) propose(now time.Time) error {
	if p.out != nil || p.pc.SignalingState() != webrtc.SignalingStateStable {
		return nil
	}
	if !p.begun && now.Sub(p.joined) < firstOffer {
		return nil
	}
	changed, err := p.arrange()
	if err != nil || !changed && !p.restart {
		return err
	}
	d, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: p.restart && p.begun})
	if err != nil {
		return err
	}
	sdp, err := p.describe(d)
	if err != nil {
		return err
	}
	p.restart = false
	p.offered++
	p.out = &Offer{N: p.offered, SDP: sdp, Streams: p.streams(), On: p.heard}
	p.outSince = now
	p.opt.Signal(*p.out)
	return nil
}
