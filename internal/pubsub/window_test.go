package pubsub_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/store"
)

// A publish loads those who follow a window at a time, however many there are; and all of them in the end.
func TestPUB3_APublishRousesAWindowOfCAsAtATime(t *testing.T) {
	const readers, window = 2500, 1024
	w := newWorld(t)
	for i := range readers {
		w.must(fmt.Sprintf("r%d/home", i), "Follow", "forum/party", "OnMessage")
		w.must(fmt.Sprintf("r%d/home", i), "Allow", "anyone", "OnMessage")
	}
	w.Until("following", func() bool { return w.handled() && w.hub.Stats().Followers == readers })
	w.Clock.Advance(time.Second) // what has arrived is noted: nobody has anything to send at the start
	w.Until("rest", w.Runtime.Quiet)
	w.crash()
	held := make(chan struct{})
	before := func(all []store.Write) error {
		if strings.HasPrefix(all[0].CA, "app:r") {
			<-held
		}
		return nil
	}
	w.early.Store(&before)
	w.must("alice/home", "Publish", "forum/party", "x")
	var most atomic.Int64
	w.Until("a full window", func() bool {
		most.Store(max(most.Load(), int64(w.Runtime.Active())))
		return most.Load() >= window
	})
	for range 100 {
		<-time.After(time.Millisecond)
		most.Store(max(most.Load(), int64(w.Runtime.Active())))
	}
	if most.Load() > window+2 {
		t.Errorf("%d CAs in memory", most.Load())
	}
	close(held)
	w.settled()
	for _, i := range []int{0, 1, readers / 2, readers - 1} {
		w.hears(fmt.Sprintf("r%d/home", i), "alice>party:1=x")
	}
}
