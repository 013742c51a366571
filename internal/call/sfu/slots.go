package sfu

import (
	"slices"

	"github.com/pion/webrtc/v4"
)

// slot is a media section of our own. When what it carried has ended it is free for another of its kind, so that descriptions don't
// grow with everybody who has ever been in a room.
type slot struct {
	transceiver *webrtc.RTPTransceiver
	down        *down // nil: free
}

// subscribe has tracks that are no longer to be sent fall silent at once, before any negotiation, and follows what is hidden.
func (p *Peer) subscribe() {
	wanted := p.room.wanted(p)
	for _, s := range p.slots {
		if d := s.down; d != nil && !d.open.Swap(wanted[d.track] && !p.hides(d.track)) && d.open.Load() {
			d.track.refresh()
		}
	}
}

func (p *Peer) hides(t *track) bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.hidden[t.path()]
}

// arrange has the slots carry what is wanted, and tells whether that takes an offer.
func (p *Peer) arrange() (changed bool, err error) {
	wanted := p.room.wanted(p)
	for i := range p.slots {
		d := p.slots[i].down
		switch {
		case d == nil:
		case wanted[d.track]:
			delete(wanted, d.track)
		default:
			changed = true
			p.free(&p.slots[i])
		}
	}
	p.slots = slices.DeleteFunc(p.slots, func(s slot) bool { return s.transceiver == nil })
	for t := range wanted {
		changed = true
		if err := p.fill(t); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// free ends what a slot carries. One that the member has stopped by itself can't be used again, and is given up.
func (p *Peer) free(s *slot) {
	sender := s.transceiver.Sender()
	s.down.close()
	s.down = nil
	if sender == nil || p.pc.RemoveTrack(sender) != nil {
		s.transceiver = nil
	}
}

// fill sends a track on a free slot, or else on a new one.
func (p *Peer) fill(t *track) error {
	d := newDown(p, t)
	for i := range p.slots {
		s := &p.slots[i]
		if s.down == nil && s.transceiver.Kind() == t.kind {
			return p.reuse(s, d)
		}
	}
	tr, err := p.pc.AddTransceiverFromTrack(d, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	if err := tr.SetCodecPreferences(sendCodecs(t.kind)); err != nil {
		return err
	}
	p.slots = append(p.slots, slot{tr, d})
	d.run(tr.Sender())
	return nil
}

// reuse gives a slot a sender of its own: a new stream has a new SSRC, with sequence numbers and keys' counters that begin anew.
func (p *Peer) reuse(s *slot, d *down) error {
	sender, err := p.room.engine.api.NewRTPSender(d, p.pc.SCTP().Transport())
	if err != nil {
		return err
	}
	if err := s.transceiver.SetSender(sender, d); err != nil {
		return err
	}
	s.down = d
	d.run(sender)
	return nil
}

// streams tells whose stream each media section of ours carries.
func (p *Peer) streams() map[string]Stream {
	all := map[string]Stream{}
	for _, s := range p.slots {
		if s.down != nil {
			all[s.transceiver.Mid()] = Stream{Member: s.down.track.peer.member, Source: s.down.track.source}
		}
	}
	return all
}
