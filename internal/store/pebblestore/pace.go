package pebblestore

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	brief  = time.Millisecond // what syncs of a log may take, on average, to be brief
	memory = 8                // one sync is so large a part of the average
)

// A pace is how fast a disk syncs logs. Go takes the processor from a goroutine that sits in a system call, by a thread that looks for such every 20 µs as long as it finds some, and wakes
// another thread for it: a thousand times a second that is up to a fifth of a request's processor time, and more than the processor was good for meanwhile. So where syncs are brief, they keep
// it, if there is another one.
//
// What that costs: each garbage collection stops all goroutines twice, and the last to stop is then the one that syncs, so that it takes up to two syncs instead of microseconds. What it risks is a
// disk that hangs all of a sudden: the next collection waits for the sync, and the process for the collection, until the disk goes on. It happens to one sync, and not to those after it.
type pace struct {
	mean atomic.Int64 // in ns
	now  func() time.Time
}

// newPace takes the disk for a slow one, until it has shown that it isn't.
func newPace() *pace {
	p := &pace{now: time.Now}
	p.mean.Store(int64(memory * brief))
	return p
}

// sync makes a log's contents durable.
func (p *pace) sync(f vfs.File) (err error) {
	began := p.now()
	if p.keepsProcessor() {
		err = syncInPlace(f)
	} else {
		err = f.SyncData()
	}
	p.took(p.now().Sub(began))
	return err
}

func (p *pace) keepsProcessor() bool {
	return p.mean.Load() < int64(brief) && runtime.GOMAXPROCS(0) > 1
}

func (p *pace) took(d time.Duration) {
	mean := p.mean.Load()
	p.mean.Store(mean + (int64(d)-mean)/memory)
}
