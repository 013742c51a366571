package pubsub

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

const (
	maxStretch   = 256      // messages
	stretchBytes = 64 << 10 // about
)

// A stretch is consecutive messages of a topic on their way to clients: decided on once for all who have them on the same terms, and encoded once for all who may
// have the same of them. What is decided is decided after the last of them was published. One goroutine has it.
type stretch struct {
	feed        *feed
	epoch       uint64
	after, upto uint64
	entries     []*entry
	by          []uint8 // their publishers, numbered
	all         share   // for who gets everything
	shares      map[*claim]share
	frames      map[cut]*session.Frame
}

// A share is what somebody may have of a stretch.
type share struct {
	which   parts
	decided int         // so many messages from the first; policy can't tell of the next
	refused *wire.Error // nothing, and no more
}

// parts are some of a stretch's messages, one bit each.
type parts [maxStretch / 64]uint64

func (p *parts) add(i int)      { p[i/64] |= 1 << (i % 64) }
func (p *parts) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }

// newStretch is of messages that follow on one another and on after. It keeps as many as it holds.
func newStretch(f *feed, epoch, after uint64, entries []*entry) *stretch {
	entries = entries[:min(len(entries), maxStretch)]
	s := &stretch{feed: f, epoch: epoch, after: after, upto: after + uint64(len(entries)), entries: entries}
	s.all.decided = len(entries)
	for i := range entries {
		s.all.which.add(i)
	}
	return s
}

// leadsOn tells whether the stretch has what follows a place.
func (s *stretch) leadsOn(at place) bool {
	return s != nil && s.epoch == at.epoch && s.after <= at.offset && at.offset < s.upto
}

// share is what a claim may have.
func (s *stretch) share(c *claim) share {
	if c.free {
		return s.all
	}
	sh, known := s.shares[c]
	if known {
		return sh
	}
	s.number()
	sh = s.judge(c)
	if sh.refused != nil || sh.decided == len(s.entries) { // what is open may be decided in a moment
		if s.shares == nil {
			s.shares = map[*claim]share{}
		}
		s.shares[c] = sh
	}
	return sh
}

// number finds out which messages are of the same publisher.
func (s *stretch) number() {
	if s.by != nil {
		return
	}
	seen := map[name.Name]uint8{}
	for _, e := range s.entries {
		n, known := seen[e.From]
		if !known {
			n = uint8(len(seen))
			seen[e.From] = n
		}
		s.by = append(s.by, n)
	}
}

// A cut is which frame of a stretch somebody gets.
type cut struct {
	parts
	after uint64
}

// frame is a share of the whole stretch, encoded for all who may have that. It goes on from after, which may lie before the stretch, for those who may have nothing of
// what is between them.
func (s *stretch) frame(after uint64, sh share) *session.Frame {
	key := cut{sh.which, after}
	f := s.frames[key]
	if f == nil {
		f = session.NewFrame(s.append(nil, s.feed.id, after, s.after, sh))
		if s.frames == nil {
			s.frames = map[cut]*session.Frame{}
		}
		s.frames[key] = f
	}
	return f
}

// count tells how many messages of a share lie behind an offset, and how long they are.
func (s *stretch) count(behind uint64, sh share) (n, size int) {
	for i, e := range s.entries[:sh.decided] {
		if e.Offset > behind && sh.which.has(i) {
			n++
			size += len(e.Packed)
		}
	}
	return n, size
}

const frameHead = 64 // bytes of a topic-messages besides its messages, at most

// append appends a topic-messages that goes on from after, of what a share holds behind an offset.
func (s *stretch) append(dst []byte, id, after, behind uint64, sh share) []byte {
	n, size := s.count(behind, sh)
	if dst == nil {
		dst = make([]byte, 0, frameHead+size)
	}
	dst = wire.AppendTopicMessages(dst, id, s.epoch, after, s.end(sh), n)
	for i, e := range s.entries[:sh.decided] {
		if e.Offset > behind && sh.which.has(i) {
			dst = append(dst, e.Packed...)
		}
	}
	return dst
}

// end is the last message that a share decides on.
func (s *stretch) end(sh share) uint64 { return s.after + uint64(sh.decided) }
