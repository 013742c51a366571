package calltest

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a target that answers everything with the sender's port before it.
func echo(t *testing.T) *net.UDPAddr {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteToUDPAddrPort(fmt.Appendf(nil, "%d %s", from.Port(), buf[:n]), from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().(*net.UDPAddr)
}

func proxy(t *testing.T, c Conditions) *Proxy {
	t.Helper()
	p, err := NewProxy(echo(t), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func dial(t *testing.T, p *Proxy) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t *testing.T, conn *net.UDPConn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, conn *net.UDPConn) (port, text string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2048)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := bytes.Cut(buf[:n], []byte(" "))
	return string(before), string(after)
}

func TestClientsAreToldApart(t *testing.T) {
	p := proxy(t, Conditions{})
	a, b := dial(t, p), dial(t, p)
	send(t, a, "one")
	portA, text := receive(t, a)
	send(t, b, "two")
	portB, textB := receive(t, b)
	send(t, a, "three")
	again, _ := receive(t, a)
	if text != "one" || textB != "two" || portA == portB || again != portA {
		t.Errorf("%s from %s, %s from %s, then %s", text, portA, textB, portB, again)
	}
	if p.Clients() != 2 || p.Counts() != (Counts{Passed: 6}) {
		t.Error(p.Clients(), p.Counts())
	}
}

func TestDelayHoldsInEachDirection(t *testing.T) {
	p := proxy(t, Conditions{Delay: 30 * time.Millisecond})
	a, began := dial(t, p), time.Now()
	send(t, a, "x")
	receive(t, a)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("there and back in %v", took)
	}
}

func TestACutLosesWhatIsOnItsWay(t *testing.T) {
	p := proxy(t, Conditions{Delay: time.Hour})
	a := dial(t, p)
	send(t, a, "never arrives")
	await(t, func() bool { return p.onTheirWay() == 1 })
	p.Cut()
	send(t, a, "neither does this")
	await(t, func() bool { return p.Counts().Lost == 2 })
	p.SetConditions(Conditions{})
	p.Restore()
	send(t, a, "back")
	if _, text := receive(t, a); text != "back" {
		t.Error(text)
	}
}

func (p *Proxy) onTheirWay() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.underWay)
}

func await(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it doesn't come to pass")
		}
	}
}

// fates are what happens to n datagrams of a lane, in ns after their sending; -1: lost.
func fates(c Conditions, client int, back bool, n int) (out []time.Duration) {
	l, now := newLane(c.Seed, client, back), time.Unix(0, 0)
	for range n {
		at, ok := l.pass(c, now, 1200)
		if out = append(out, at.Sub(now)); !ok {
			out[len(out)-1] = -1
		}
		now = now.Add(time.Millisecond)
	}
	return out
}

func TestFatesHangOnSeedClientAndDirectionOnly(t *testing.T) {
	c := Conditions{Delay: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.1, Seed: 7}
	first := fates(c, 0, false, 200)
	if !slices.Equal(first, fates(c, 0, false, 200)) {
		t.Error("another run, another fate")
	}
	other := c
	other.Seed++
	for i, f := range [][]time.Duration{fates(c, 0, true, 200), fates(c, 1, false, 200), fates(other, 0, false, 200)} {
		if slices.Equal(first, f) {
			t.Error("the same fates in another lane", i)
		}
	}
}

func TestFatesKeepToTheConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Conditions{
			Delay:   time.Duration(rapid.IntRange(0, 500).Draw(t, "delay")) * time.Millisecond,
			Jitter:  time.Duration(rapid.IntRange(0, 200).Draw(t, "jitter")) * time.Millisecond,
			Loss:    rapid.SampledFrom([]float64{0, 0.02, 0.5, 1}).Draw(t, "loss"),
			Ordered: rapid.Bool().Draw(t, "ordered"),
			Seed:    rapid.Uint64().Draw(t, "seed"),
		}
		last := time.Duration(0)
		for i, f := range fates(c, 0, false, 300) {
			sent := time.Duration(i) * time.Millisecond
			switch {
			case f < 0 && c.Loss == 0, f >= 0 && c.Loss == 1:
				t.Fatalf("datagram %d with loss %v: %v", i, c.Loss, f)
			case f >= 0 && (f < c.Delay || f > c.Delay+c.Jitter && !c.Ordered):
				t.Fatalf("datagram %d takes %v", i, f)
			case f >= 0 && c.Ordered && sent+f < last:
				t.Fatalf("datagram %d overtakes", i)
			case f >= 0:
				last = sent + f
			}
		}
	})
}

func TestARateHoldsAndLosesWhatTheBufferDoesNotTake(t *testing.T) {
	c := Conditions{Rate: 1_000_000} // a datagram of 1,200 bytes takes 9.6 ms
	passed, lost := 0, 0
	for _, f := range fates(c, 0, false, 1000) {
		if f < 0 {
			lost++
			continue
		}
		passed++
		if f > rateQueue+10*time.Millisecond {
			t.Fatalf("%v in the buffer", f)
		}
	}
	if passed < 100 || passed > 130 || lost == 0 {
		t.Errorf("%d passed in a second, %d lost", passed, lost)
	}
}
