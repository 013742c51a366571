package call

import (
	"sync"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/wire"
)

// Actions on the media timeline go to everybody, over WebSocket and data channel: the trailer in the video tells which frame they belong to, and this that the
// member may act, and what it did (DEV-4).

var (
	errMayAct  = wire.Err(wire.NotAllowed, "You may not act in this room. Ask the host.")
	errActPace = wire.Err(wire.Quota, "Too many actions at once: 30 a second.")
)

// maxSkew is by how much an action's instant may differ from when it comes, in µs.
const maxSkew = 10_000_000

func (s *seat) act(p sfu.Act) {
	now := s.room.hub.now()
	s.mu.Lock()
	may, peer := s.may.act, s.peer
	s.mu.Unlock()
	switch {
	case !may:
		s.refuseAct(p.Action, errMayAct)
		return
	case !s.pace.take(now):
		s.refuseAct(p.Action, errActPace)
		return
	case p.At < now-maxSkew || p.At > now+maxSkew:
		p.At = now
	}
	if p.RTP == nil && peer != nil {
		if rtp, ok := peer.MapRTP(p.At); ok {
			p.RTP = &rtp
		}
	}
	p.Member, p.Principal = s.member, s.principal().String()
	b := pack(p)
	for _, o := range s.room.all() {
		o.tell(b)
		if other := o.media(); other != nil {
			other.Data(b)
		}
	}
}

func (s *seat) refuseAct(action uint32, why *wire.Error) {
	s.tell(pack(sfu.Refused{Action: action, Code: string(why.Code), Message: why.Message}))
}

// pace bounds how often something happens: 30 times a second, 60 at once. The zero value is ready.
type pace struct {
	mu   sync.Mutex
	free int64 // when there is room for all again
}

const (
	actEvery = 1_000_000 / 30
	actBurst = 60
)

func (p *pace) take(now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = max(p.free, now)
	if p.free+actEvery > now+actBurst*actEvery {
		return false
	}
	p.free += actEvery
	return true
}
