package calltest

import (
	"math/rand/v2"
	"time"
)

// Conditions are what a network does to the datagrams of one direction; both directions have the same. The zero Conditions pass all on at once.
type Conditions struct {
	Delay   time.Duration // every datagram takes this long
	Jitter  time.Duration // and up to this much longer, evenly spread
	Ordered bool          // later datagrams wait for earlier ones that jitter holds up
	Loss    float64       // share of datagrams that are lost: 0 none, 1 all
	Rate    int64         // bits a second of a direction of a client; what exceeds it waits, up to 200 ms, and is lost then; 0 for any number
	Seed    uint64        // of the generator; see the package
}

const rateQueue = 200 * time.Millisecond

// lane is one direction of one client.
type lane struct {
	rand  *rand.Rand
	free  time.Time // when the line has sent what it was given, where there is a rate
	after time.Time // nothing may arrive earlier, where order is kept
}

func newLane(seed uint64, client int, back bool) *lane {
	stream := uint64(client) << 1
	if back {
		stream++
	}
	return &lane{rand: rand.New(rand.NewPCG(seed, stream))}
}

// pass tells when a datagram of n bytes arrives. It always draws twice, so that the fate of the next one does not hang on this one's.
func (l *lane) pass(c Conditions, now time.Time, n int) (at time.Time, ok bool) {
	lost, shake := l.rand.Float64() < c.Loss, l.rand.Float64()
	if lost {
		return at, false
	}
	sent, ok := l.send(c.Rate, now, n)
	if !ok {
		return at, false
	}
	at = sent.Add(c.Delay + time.Duration(shake*float64(c.Jitter)))
	if c.Ordered && at.Before(l.after) {
		at = l.after
	}
	l.after = at
	return at, true
}

// send tells when the line has sent n bytes more; not ok: its buffer is full.
func (l *lane) send(rate int64, now time.Time, n int) (time.Time, bool) {
	if rate <= 0 {
		return now, true
	}
	begin := now
	if l.free.After(now) {
		begin = l.free
	}
	if begin.Sub(now) > rateQueue {
		return now, false
	}
	l.free = begin.Add(time.Duration(int64(n) * 8 * int64(time.Second) / rate))
	return l.free, true
}
