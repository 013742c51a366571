package calltest

import (
	"container/heap"
	"time"
)

// arrival is a datagram on its way.
type arrival struct {
	at    time.Time
	order uint64 // of what arrives at the same time
	bytes []byte
	send  func([]byte)
}

// arrivals are a heap, the earliest first.
type arrivals []arrival

func (a arrivals) Len() int      { return len(a) }
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a arrivals) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].order < a[j].order
	}
	return a[i].at.Before(a[j].at)
}
func (a *arrivals) Push(x any) { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = arrival{}
	*a = (*a)[:last]
	return x
}

// due takes the earliest if it is due; else it tells how long that takes, or that there is none.
func (a *arrivals) due(now time.Time) (x arrival, ok bool, wait time.Duration) {
	if len(*a) == 0 {
		return x, false, time.Hour
	}
	if wait = (*a)[0].at.Sub(now); wait > 0 {
		return x, false, wait
	}
	return heap.Pop(a).(arrival), true, 0
}

// deliver hands over what is due.
func (p *Proxy) deliver() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p.mu.Lock()
		x, ok, wait := p.underWay.due(time.Now())
		if ok {
			p.counts.Passed++
		}
		p.mu.Unlock()
		if ok {
			x.send(x.bytes)
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-p.wake:
		case <-p.done:
			return
		}
	}
}
