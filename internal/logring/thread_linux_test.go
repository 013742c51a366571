package logring

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

// TestAThreadThatEndsTakesNoChainAlong: the thread that hands a chain over ends at once, as that of a goroutine does which stays locked to it. The kernel then carries the
// chain out, or calls it off, and says which; the ring goes on.
func TestAThreadThatEndsTakesNoChainAlong(t *testing.T) {
	mortal := false
	r, f := openRing(t, kernel{setup, func(fd int, count uint32) (uint32, error) {
		if !mortal {
			return enter(fd, count)
		}
		return enterAndEnd(fd, count)
	}, trialTime}), newFile(t)
	for i := range 20 {
		want := bytes.Repeat([]byte{'a' + byte(i)}, 64<<10)
		mortal = true
		err := r.WriteSync(f.Fd(), want, 0)
		mortal = false
		if errors.Is(err, ErrRefused) {
			err = r.WriteSync(f.Fd(), want, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		wantContents(t, f, want)
	}
}

// enterAndEnd is enter on a thread that ends with it.
func enterAndEnd(fd int, count uint32) (took uint32, err error) {
	entered := make(chan struct{})
	go func() {
		defer close(entered)
		runtime.LockOSThread()
		took, err = enter(fd, count)
	}()
	<-entered
	return took, err
}
