package session

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// tcp is a connection over the loopback whose near end has little room, so that most writes are cut.
func tcp(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	near, far = a.(*net.TCPConn), c.(*net.TCPConn)
	near.SetWriteBuffer(16 << 10)
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func connTo(c net.Conn, f *flusher, limit int) *Conn {
	return &Conn{out: &outbox{gate: newGate(c), limit: limit, flush: f, now: func() int64 { return 1 }}}
}

// frameOn reads one WebSocket frame of a server.
func frameOn(r *bufio.Reader) (op byte, payload []byte, err error) {
	head := make([]byte, 2, maxHeader)
	if _, err = io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	n, more := uint64(head[1]), map[byte]int{126: 2, 127: 8}[head[1]]
	if more > 0 {
		long := make([]byte, 8)
		if _, err = io.ReadFull(r, long[8-more:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(long)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}

// numbered is a payload of a size that begins with who sent it and its number.
func numbered(who, number, size int) []byte {
	b := make([]byte, max(8, size))
	binary.BigEndian.PutUint32(b, uint32(who))
	binary.BigEndian.PutUint32(b[4:], uint32(number))
	for i := 8; i < len(b); i++ {
		b[i] = byte(who + number)
	}
	return b
}

// order checks that numbered frames come whole, and in each sender's order.
type order map[uint32]uint32

func (o order) check(t testing.TB, b []byte) {
	who, number := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if number != o[who] {
		t.Fatalf("frame %d of sender %d comes where %d should", number, who, o[who])
	}
	o[who]++
	for _, x := range b[8:] {
		if x != byte(who+number) {
			t.Fatalf("frame %d of sender %d is torn", number, who)
		}
	}
}

// TestFramesStayWholeWhenWritesAreCut has many senders, sources, and answers to pings on a connection that takes little at a time.
func TestFramesStayWholeWhenWritesAreCut(t *testing.T) {
	const senders, each, controls = 4, 100, 200
	near, far := tcp(t)
	var flush flusher
	c := connTo(near, &flush, 200_000)
	sizes := []int{8, 120, 126, 900, 5000, joinBytes - 4, joinBytes, 40_000, 90_000}
	var all sync.WaitGroup
	for who := range senders {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(who), 1))
			for i := range each {
				f := NewFrame(numbered(who, i, sizes[rnd.IntN(len(sizes))]))
				for !c.Send(f) {
					runtime.Gosched()
				}
			}
		})
	}
	all.Go(func() {
		for i := range controls {
			c.out.answerPing([]byte{0, 0, byte(i >> 8), byte(i)})
			runtime.Gosched()
		}
	})
	src := &counting{conn: c, who: senders, total: 200}
	c.Ready(src)
	r := bufio.NewReaderSize(far, 512)
	seen, pong := order{}, -1
	for frames := 0; frames < senders*each+src.total || pong < controls-1; {
		op, b, err := frameOn(r)
		switch {
		case err != nil:
			t.Fatal(err)
		case op == opBinary:
			seen.check(t, b)
			frames++
		case op != opPong || len(b) != 4 || int(binary.BigEndian.Uint32(b)) <= pong:
			t.Fatalf("a frame %x %x after pong %d", op, b, pong)
		default: // newer answers take the place of older ones
			pong = int(binary.BigEndian.Uint32(b))
		}
	}
	all.Wait()
	flush.done.Wait()
	if n := c.out.size(); n != 0 || c.out.writing {
		t.Errorf("%d bytes are counted as waiting, writing: %v", n, c.out.writing)
	}
}

// counting is a Source of numbered frames.
type counting struct {
	conn            *Conn
	who, at, total  int
	calls, overfull atomic.Int64
}

func (s *counting) Fill(dst []byte, limit int) ([]byte, bool) {
	s.calls.Add(1)
	if len(dst) >= limit {
		s.overfull.Add(1)
	}
	for range 3 {
		if s.at == s.total || len(dst) >= limit {
			break
		}
		dst = AppendFrame(dst, numbered(s.who, s.at, 700))
		s.at++
	}
	return dst, s.at < s.total
}

// TestAPeerThatNeverReadsHoldsNobodyUp: its writer waits by itself, is seen to be stuck, and its queue stays within its bound.
func TestAPeerThatNeverReadsHoldsNobodyUp(t *testing.T) {
	const limit = 100_000
	var flush flusher
	deafNear, _ := tcp(t)
	nearby, far := tcp(t)
	deaf, fine := connTo(deafNear, &flush, limit), connTo(nearby, &flush, limit)
	f := NewFrame(make([]byte, 3000))
	r := bufio.NewReader(far)
	for i := range 2000 {
		if deaf.Send(f); deaf.out.size() > limit {
			t.Fatalf("%d bytes wait", deaf.out.size())
		}
		if i%10 == 0 {
			if !fine.Send(NewFrame(numbered(0, i/10, 10))) {
				t.Fatal("refused")
			}
			if _, b, err := frameOn(r); err != nil || binary.BigEndian.Uint32(b[4:]) != uint32(i/10) {
				t.Fatal(b, err)
			}
		}
	}
	until(t, "the write is stuck", func() bool { return deaf.out.stuck(1<<40, 1) })
	if fine.out.stuck(1<<40, 1) {
		t.Error("the other one is stuck too")
	}
	deafNear.Close()
	flush.done.Wait()
	if deaf.out.writing || !deaf.out.closed {
		t.Error("the writer has ended without a word")
	}
}

// TestAPongThatFindsNoRoomHoldsNobodyUp: pings of a client that reads nothing cost one frame, whatever they are, and no other client its turn.
func TestAPongThatFindsNoRoomHoldsNobodyUp(t *testing.T) {
	var flush flusher
	deafNear, _ := tcp(t)
	nearby, far := tcp(t)
	deaf, fine := connTo(deafNear, &flush, 1<<20), connTo(nearby, &flush, 1<<20)
	for range 1000 {
		deaf.Send(NewFrame(make([]byte, 4000)))
	}
	until(t, "nothing more goes out", func() bool { return deaf.out.started.Load() != 0 })
	for range 100_000 {
		deaf.out.answerPing(make([]byte, maxControl))
	}
	var pongs int
	until(t, "one finds no room", func() bool { // the last of those may have found some
		deaf.out.answerPing(make([]byte, maxControl))
		deaf.out.mu.Lock()
		defer deaf.out.mu.Unlock()
		pongs = len(deaf.out.pong)
		return pongs > 0
	})
	if pongs != 2+maxControl {
		t.Errorf("%d bytes of pongs wait", pongs)
	}
	if !fine.Send(NewFrame(numbered(1, 0, 50))) {
		t.Fatal("refused")
	}
	if _, got, err := frameOn(bufio.NewReader(far)); err != nil || len(got) != 50 {
		t.Fatal(got, err)
	}
	deafNear.Close()
	flush.done.Wait()
}

func TestTheLastWordComesAfterWhatIsDrainedAndNothingAfterIt(t *testing.T) {
	for _, drain := range []bool{true, false} {
		var flush flusher
		near, far := tcp(t)
		c := connTo(near, &flush, 1<<20)
		const frames = 50
		for i := range frames {
			c.Send(NewFrame(numbered(0, i, 9000)))
		}
		if !c.out.finish(closeFrame(1000), drain) || c.out.finish(closeFrame(1001), drain) {
			t.Fatal("finished never, or twice")
		}
		c.Send(NewFrame(numbered(0, frames, 10)))
		r, seen := bufio.NewReader(far), order{}
		var op byte
		for op != opClose {
			var b []byte
			var err error
			if op, b, err = frameOn(r); err != nil {
				t.Fatal(err)
			}
			if op == opBinary {
				seen.check(t, b)
			}
		}
		c.out.answerPing(nil)
		flush.done.Wait()
		near.Close()
		if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
			t.Errorf("%x follows, %v", rest, err)
		}
		if got := seen[0]; drain && got != frames || got > frames {
			t.Errorf("drain %v: %d frames came", drain, got)
		}
	}
}

// TestSourcesAgainstAModel: what was sent before Ready goes before what the source fills in, nothing is lost, all keep their order.
func TestSourcesAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var flush flusher
		near, far := tcp(t)
		c := connTo(near, &flush, 1<<30)
		var sources []*watched
		total, sent := 0, 0
		if rapid.Bool().Draw(rt, "waits") { // as over TLS
			c.out.gate.raw = nil
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if rapid.IntRange(0, 3).Draw(rt, "kind") > 0 {
				c.Send(NewFrame(numbered(0, sent, rapid.SampledFrom([]int{8, 300, 6000, 20_000}).Draw(rt, "size"))))
				sent++
				total++
				continue
			}
			s := &watched{counting: counting{who: len(sources) + 1, total: rapid.IntRange(0, 60).Draw(rt, "frames")}, after: sent}
			sources = append(sources, s)
			total += s.total
			c.Ready(s)
		}
		r, seen := bufio.NewReaderSize(far, 2048), order{}
		for range total {
			_, b, err := frameOn(r)
			if err != nil {
				rt.Fatal(err)
			}
			if who := binary.BigEndian.Uint32(b); who > 0 && int(seen[0]) < sources[who-1].after {
				rt.Fatalf("source %d came before frame %d", who, seen[0])
			}
			seen.check(t, b)
		}
		flush.done.Wait()
		for _, s := range sources {
			if s.overfull.Load() > 0 {
				rt.Error("a source was asked where there was no room")
			}
		}
		near.Close()
		far.Close()
	})
}

// watched is a source that was ready when so many frames had been sent.
type watched struct {
	counting
	after int
}

func TestABurstStartsNoMoreWritersThanProcessors(t *testing.T) {
	const conns = 300
	var flush flusher
	var far []*net.TCPConn
	frame := NewFrame(numbered(0, 0, 100))
	var all []*Conn
	for range conns {
		a, b := tcp(t)
		far = append(far, b)
		all = append(all, connTo(a, &flush, 1000))
	}
	most := 0
	for _, c := range all {
		c.Send(frame)
		flush.mu.Lock() // goroutines themselves can't be counted: one that writes no more may not have ended
		most = max(most, flush.running)
		flush.mu.Unlock()
	}
	for _, c := range far {
		if _, b, err := frameOn(bufio.NewReader(c)); err != nil || len(b) != 100 {
			t.Fatal(b, err)
		}
	}
	flush.done.Wait()
	if most > runtime.GOMAXPROCS(0) {
		t.Errorf("%d goroutines wrote", most)
	}
	if flush.running != 0 || flush.waiting != 0 {
		t.Errorf("%d run, %d wait", flush.running, flush.waiting)
	}
}

// TestWritersGoOnUnderLoad: the list of those that wait does not grow while it never runs empty.
func TestWritersGoOnUnderLoad(t *testing.T) {
	f := flusher{running: 1}
	f.enter(&outbox{}, fastLane)
	for range 100_000 {
		f.enter(&outbox{}, fastLane)
		if f.next() == nil {
			t.Fatal("nothing waits")
		}
	}
	if len(f.fast.list)-f.fast.first != 1 || cap(f.fast.list) > 4096 {
		t.Errorf("%d wait in room for %d", len(f.fast.list)-f.fast.first, cap(f.fast.list))
	}
}

// TestCA9_AnAnswerDoesNotWaitBehindABurst: what somebody waits for goes before features' frames to others, and takes along what its connection has.
func TestCA9_AnAnswerDoesNotWaitBehindABurst(t *testing.T) {
	f := flusher{running: runtime.GOMAXPROCS(0)} // all of them busy
	crowd := make([]*outbox, 1000)
	for i := range crowd {
		crowd[i] = &outbox{flush: &f}
		f.add(crowd[i], slowLane)
	}
	alone := &outbox{flush: &f}
	f.add(alone, fastLane)
	f.hurry(crowd[700])
	f.hurry(crowd[700])
	want := append([]*outbox{alone, crowd[700]}, slices.Delete(slices.Clone(crowd), 700, 701)...)
	for i, o := range want {
		if f.next() != o {
			t.Fatalf("turn %d is another one's", i)
		}
	}
	f.hurry(crowd[1]) // it has had its turn
	if f.next() != nil || f.waiting != 0 {
		t.Error("somebody has two turns")
	}
}
