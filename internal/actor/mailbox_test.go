package actor

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/name"
)

const home = "alice"

var zeros = make([]byte, MaxWaitingBytes+1)

func from(owner string, size int) *Message {
	m := &Message{From: name.Name{App: "app", Owner: owner}, Args: zeros[:size]}
	if owner == notices {
		m.From.Owner, m.answer = "bob", &answer{}
	}
	return m
}

func posted(owner string, size int) *Message {
	m := from(owner, size)
	m.Kind, m.post = Send, &post{}
	return m
}

// boxModel is what a mailbox does, said as simply as can be.
type boxModel struct {
	ring    []string // whose turn is next
	waiting map[string][]*Message
}

func (b *boxModel) weight(who string) (w weight) {
	for _, m := range b.waiting[who] {
		w.n++
		w.bytes += len(m.Args)
	}
	return w
}

// total leaves out the CA's own notices.
func (b *boxModel) total() (w weight) {
	for who := range b.waiting {
		if who != notices {
			s := b.weight(who)
			w.n += s.n
			w.bytes += s.bytes
		}
	}
	return w
}

func (b *boxModel) share(who, coming string) weight {
	if who == home {
		return weight{512, 8 << 20}
	}
	others := map[string]bool{}
	for _, s := range append([]string{coming}, b.ring...) {
		others[s] = s != home && s != notices
	}
	n := 0
	for _, is := range others {
		if is {
			n++
		}
	}
	return weight{512 / max(n, 1), 8 << 20 / max(n, 1)}
}

func (b *boxModel) add(m *Message) {
	who := senderOf(m)
	if len(b.waiting[who]) == 0 {
		b.ring = append(b.ring, who)
	}
	b.waiting[who] = append(b.waiting[who], m)
}

func (b *boxModel) next() *Message {
	if len(b.ring) == 0 {
		return nil
	}
	return b.waiting[b.ring[0]][0]
}

func (b *boxModel) pop() *Message {
	m := b.next()
	if m == nil {
		return nil
	}
	who := b.ring[0]
	b.ring, b.waiting[who] = b.ring[1:], b.waiting[who][1:]
	if len(b.waiting[who]) > 0 {
		b.ring = append(b.ring, who)
	}
	return m
}

func (b *boxModel) drain() (all []*Message) {
	for m := b.pop(); m != nil; m = b.pop() {
		all = append(all, m)
	}
	return all
}

// pushedOut checks each message that had to go: the newest of a sender with more than its share, or a request that yields to its sender's post, and never the next one.
func (b *boxModel) pushedOut(t *rapid.T, m, coming *Message, entitled bool) {
	who := senderOf(m)
	has, share := b.weight(who), b.share(who, senderOf(coming))
	rightly := entitled && who != senderOf(coming) && (has.n > share.n || has.bytes > share.bytes) ||
		!entitled && who == senderOf(coming) && coming.Kind == Send && m.Kind == Call
	if who == notices || m == b.next() || m != b.waiting[who][has.n-1] || !rightly {
		t.Fatalf("pushed out for one of %s: one of %s, which has %v of %v", senderOf(coming), who, has, share)
	}
	if b.waiting[who] = b.waiting[who][:has.n-1]; has.n == 1 {
		b.ring = slices.DeleteFunc(b.ring, func(s string) bool { return s == who })
	}
}

// pushed checks what became of a message.
func (b *boxModel) pushed(t *rapid.T, box *mailbox, m *Message) {
	who := senderOf(m)
	total, has, share := b.total(), b.weight(who), b.share(who, who)
	fits := total.n < MaxWaiting && total.bytes+len(m.Args) <= MaxWaitingBytes
	entitled := (total.n < MaxWaiting || has.n < share.n) && (total.bytes+len(m.Args) <= MaxWaitingBytes || has.bytes+len(m.Args) <= share.bytes)
	yields := m.Kind == Send && has.n > 1 && b.waiting[who][has.n-1].Kind == Call
	out, err := box.push(m, home)
	if fits && out.last != nil {
		t.Fatal("there was room, and something was pushed out")
	}
	for x := out.first(); x != nil; x = out.first() {
		out.remove(x)
		b.pushedOut(t, x, m, entitled)
	}
	next := 0
	if m := b.next(); m != nil {
		next = len(m.Args)
	}
	switch {
	case who == notices && err != nil, fits && err != nil:
		t.Fatal("refused, and there was room")
	case !fits && yields && len(m.Args) == 0 && err != nil:
		t.Fatal("a post was refused, and there were requests of its sender's")
	case !fits && who != notices && !entitled && !yields && err == nil:
		t.Fatalf("%s has %v of %v, and was let in", who, has, share)
	case entitled && err != nil && next <= MaxWaitingBytes/32:
		t.Fatalf("%s has %v of %v, and was refused", who, has, share)
	}
	if err == nil {
		b.add(m)
	}
	if total := b.total(); total.n > MaxWaiting || total.bytes > MaxWaitingBytes {
		t.Fatal("over the limits:", total)
	}
}

// TestCA9_MailboxIsSharedBetweenSenders: whatever comes and goes, each sender's messages keep their order, turns go round, and a full mailbox has its shares.
func TestCA9_MailboxIsSharedBetweenSenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		box, model := &mailbox{}, &boxModel{waiting: map[string][]*Message{}}
		who := rapid.SampledFrom([]string{home, "bob", "carol", "dave", "eve", "", notices}[:rapid.IntRange(1, 7).Draw(t, "senders")])
		size := rapid.SampledFrom([]int{0, 1, 100, 10_000, 20_000, 1 << 19, 1 << 20, MaxWaitingBytes + 1}[:rapid.IntRange(1, 8).Draw(t, "sizes")])
		many := rapid.SampledFrom([]int{1, 2, 3, 40, 500, 1200})
		same := func(got, want *Message) {
			if got != want {
				t.Fatal("another message than the model's")
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				who, size := who.Draw(t, "who"), size.Draw(t, "size")
				message := rapid.SampledFrom([]func(string, int) *Message{from, posted}).Draw(t, "kind")
				if who == notices {
					message, size = from, 0
				}
				for range many.Draw(t, "many") {
					model.pushed(t, box, message(who, size))
				}
			},
			"pop": func(t *rapid.T) {
				for range many.Draw(t, "many") {
					same(box.pop(), model.pop())
				}
			},
			"put back": func(t *rapid.T) {
				var taken []*Message
				for range min(box.len(), many.Draw(t, "many")) {
					taken = append(taken, box.pop())
					same(taken[len(taken)-1], model.pop())
				}
				if len(taken) > 0 {
					others := model.drain()
					for _, m := range append(slices.Clone(taken), others...) {
						model.add(m)
					}
				}
				box.putBack(taken)
			},
			"drain": func(t *rapid.T) {
				if !slices.Equal(box.drain(), model.drain()) {
					t.Fatal("another order than the model's")
				}
			},
			"": func(*rapid.T) {
				same(box.peek(), model.next())
				all := model.total().n + model.weight(notices).n
				if box.len() != all || int(box.bytes) != model.total().bytes {
					t.Fatal("miscounted:", box.len(), all)
				}
			},
		})
	})
}

// TestCA9_AThousandSenders: each has its place and its turn, and another thousand costs the mailbox nothing. Its owner's turn comes in the same way.
func TestCA9_AThousandSenders(t *testing.T) {
	var box mailbox
	push := func(who string) (ok bool) {
		out, err := box.push(from(who, 0), home)
		return err == nil && (out.last == nil || who == home)
	}
	for i := range MaxWaiting {
		if !push(fmt.Sprint("s", i)) {
			t.Fatal(i)
		}
	}
	for i := range 1000 {
		if push(fmt.Sprint("t", i)) {
			t.Fatal("more senders than places")
		}
	}
	if box.len() != MaxWaiting || box.crowd.made != MaxWaiting {
		t.Error(box.len(), box.crowd.made)
	}
	for i := range MaxWaiting / 2 {
		if !push(home) {
			t.Fatal("its owner was shut out after", i)
		}
	}
	if push(home) {
		t.Error("its owner has more than half of a full mailbox")
	}
	for i := range MaxWaiting / 2 { // those that came last had to go
		if m := box.pop(); m.From.Owner != fmt.Sprint("s", i) {
			t.Fatal(i, m.From)
		}
	}
	for range MaxWaiting / 2 {
		if m := box.pop(); m.From.Owner != home {
			t.Fatal(m.From)
		}
	}
	if box != (mailbox{}) {
		t.Error("something is left of it")
	}
}

// TestCA9_TheNextMessageIsNeverPushedOut, however large it is: a CA may be loading for it.
func TestCA9_TheNextMessageIsNeverPushedOut(t *testing.T) {
	var box mailbox
	large := from("bob", 9<<20)
	box.add(large)
	for range 7 {
		box.add(from("carol", 1<<20))
	}
	for i := range 3 {
		if out, err := box.push(from(home, 1<<20), home); err != nil || out.last == nil || out.last.From.Owner != "carol" {
			t.Fatal(i, err)
		}
	}
	if out, err := box.push(from(home, 1<<20), home); err != errMailboxFull || out.last != nil {
		t.Error("carol has no more than her share:", err)
	}
	if box.peek() != large {
		t.Error("the next message has gone")
	}
}

// TestCA3_NoFloodOfRequestsKeepsItsSendersPostsOut, be it alone or among others.
func TestCA3_NoFloodOfRequestsKeepsItsSendersPostsOut(t *testing.T) {
	for _, others := range []int{0, 1} {
		var box mailbox
		for range others {
			box.add(from("bob", 0))
		}
		for range MaxWaiting - others {
			box.add(from(home, 0))
		}
		last := box.last
		if others > 0 {
			last = box.crowd.senders[home].last
		}
		if out, err := box.push(posted(home, 0), home); err != nil || out.first() != last || out.last != last {
			t.Fatal(others, err)
		}
		if _, err := box.push(posted(home, 0), home); err != errMailboxFull {
			t.Error(others, "a post gave way")
		}
		box.pop()
		if _, err := box.push(from(home, 0), home); err != nil {
			t.Fatal(others, err)
		}
		if _, err := box.push(posted(home, 0), home); err != nil {
			t.Error(others, "each turn of a flood is one for a post")
		}
	}
}

// TestCA9_NoticesOfItsOwnTakeNobodysPlace, nor are they refused, or pushed out.
func TestCA9_NoticesOfItsOwnTakeNobodysPlace(t *testing.T) {
	var box mailbox
	for range 2 * MaxWaiting {
		box.add(from(notices, 0))
	}
	for range MaxWaiting {
		if _, err := box.push(from("bob", 0), home); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := box.push(from(notices, 0), home); err != nil || out.last != nil {
		t.Fatal(err)
	}
	if out, err := box.push(from("carol", 0), home); err != nil || out.last.From.Owner != "bob" || out.last.answer != nil {
		t.Fatal(err)
	}
	for i, want := range []string{notices, "bob", "carol", notices, "bob", notices} {
		if m := box.pop(); senderOf(m) != want {
			t.Error(i, senderOf(m), want)
		}
	}
}

// TestCA9_OneSendersMailboxCostsNothing: no memory while messages come and go.
func TestCA9_OneSendersMailboxCostsNothing(t *testing.T) {
	var box mailbox
	a, b := from("alice", 1), from("alice", 1)
	if n := testing.AllocsPerRun(1000, func() {
		box.add(a)
		box.add(b)
		box.pop()
		box.pop()
	}); n != 0 {
		t.Error(n)
	}
	if size := unsafe.Sizeof(box); size > 3*unsafe.Sizeof(&box) {
		t.Error("an idle CA's mailbox takes", size, "bytes")
	}
}

func BenchmarkMailbox(b *testing.B) {
	for _, senders := range []int{1, 2, 32, 1000} {
		b.Run(fmt.Sprint("Senders", senders), func(b *testing.B) {
			var box mailbox
			all := make([]*Message, senders)
			for i := range all {
				all[i] = from(fmt.Sprint("s", i), 1)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range all {
					_, _ = box.push(m, home)
				}
				for range all {
					box.pop()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*senders), "ns/message")
		})
	}
}

// BenchmarkPushOut is the worst that a message can cost: it pushes out another one, of one of 201 senders, and a third is refused.
func BenchmarkPushOut(b *testing.B) {
	var box mailbox
	for i := range MaxWaiting {
		_, _ = box.push(from(fmt.Sprint("s", min(i, 200)), 0), home)
	}
	full, coming := from("s200", 0), from("s1", 0)
	for b.Loop() {
		out, err := box.push(coming, home)
		if err != nil {
			b.Fatal(err)
		}
		box.add(out.last) // as it was
		s := box.crowd.senders["s1"]
		s.drop(coming)
		box.n--
		if _, err = box.push(full, home); err == nil {
			b.Fatal("let in")
		}
	}
}
