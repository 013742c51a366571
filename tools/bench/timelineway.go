package main

import (
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/call/calltest"
)

// slowWay passes TCP connections on to a target, and delays what they carry as the media's proxy delays datagrams. What is lost there would come later here: loss is left to the media.
type slowWay struct {
	listener   net.Listener
	target     string
	conditions atomic.Pointer[calltest.Conditions]
	works      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func openSlowWay(target string) (*slowWay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &slowWay{listener: l, target: target}
	w.conditions.Store(&calltest.Conditions{})
	w.works.Go(w.accept)
	return w, nil
}

func (w *slowWay) addr() string { return w.listener.Addr().String() }

// close ends all connections, and waits.
func (w *slowWay) close() {
	w.listener.Close()
	w.mu.Lock()
	for _, c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.works.Wait()
}

func (w *slowWay) accept() {
	for {
		front, err := w.listener.Accept()
		if err != nil {
			return
		}
		back, err := net.Dial("tcp", w.target)
		if err != nil {
			front.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, front, back)
		w.mu.Unlock()
		w.pass(front, back)
		w.pass(back, front)
	}
}

// slowed is what is to be passed on at an instant.
type slowed struct {
	at    time.Time
	bytes []byte
}

// pass copies one direction.
func (w *slowWay) pass(from, to net.Conn) {
	under := make(chan slowed, 4096)
	w.works.Go(func() {
		defer to.Close()
		for s := range under {
			time.Sleep(time.Until(s.at))
			if _, err := to.Write(s.bytes); err != nil {
				from.Close()
			}
		}
	})
	w.works.Go(func() {
		defer close(under)
		w.read(from, under)
	})
}

func (w *slowWay) read(from io.Reader, under chan<- slowed) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			c := w.conditions.Load()
			under <- slowed{time.Now().Add(c.Delay + time.Duration(rand.Float64()*float64(c.Jitter))), slices.Clone(buf[:n])}
		}
		if err != nil {
			return
		}
	}
}
