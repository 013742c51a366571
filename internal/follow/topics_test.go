package follow_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

const party = "app:forum/party"

// script drives a machine by hand.
type script struct {
	t   *testing.T
	m   *follow.Topics
	now int64
}

func play(t *testing.T) *script {
	s := &script{t: t, m: follow.New(1), now: 1_000_000}
	s.m.Connected(s.now)
	return s
}

// told is everything that was told, in short, and nothing else.
func (s *script) told(want ...string) {
	s.t.Helper()
	got := []string{}
	for e, ok := s.m.Next(); ok; e, ok = s.m.Next() {
		got = append(got, short(e))
	}
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		s.t.Fatalf("told\n%q, not\n%q", got, want)
	}
}

func short(e follow.Event) string {
	switch e.Kind {
	case follow.Send:
		if f, err := wire.ParseTopicOpen(e.Data); err == nil {
			return fmt.Sprintf("open %d at %d.%d%s", f.Sub, f.Epoch, f.Offset, f.Method)
		}
		f, _ := wire.ParseTopicClose(e.Data)
		return fmt.Sprint("close ", f.Sub)
	case follow.Opened:
		return fmt.Sprintf("%d opened at %d.%d lost %d", e.Sub, e.Epoch, e.Offset, e.Missed)
	case follow.Messages:
		r := cbor.NewReader(e.Data)
		return fmt.Sprintf("%d got %d up to %d.%d", e.Sub, r.Array(), e.Epoch, e.Offset)
	}
	if e.Err != nil {
		return fmt.Sprint(e.Sub, " ", e.State, " ", e.Err.Code)
	}
	return fmt.Sprint(e.Sub, " ", e.State)
}

func (s *script) receive(f interface{ Append([]byte) []byte }) {
	s.t.Helper()
	if err := s.m.Received(s.now, f.Append(nil)); err != nil {
		s.t.Fatal(err)
	}
}

func batch(id, epoch, after, upto uint64) wire.TopicMessages {
	messages := cbor.AppendArrayHeader(nil, int(upto-after))
	for o := after + 1; o <= upto; o++ {
		messages = wire.TopicMessage{Offset: o, At: 5, From: "app:bob/home"}.Append(messages)
	}
	return wire.TopicMessages{ID: id, Epoch: epoch, After: after, Upto: upto, Messages: messages}
}

func TestPUB3_ASubscriptionGoesOnFromItsPositionAfterACut(t *testing.T) {
	s := play(t)
	sub := s.m.Add(party, "app:alice/home", "OnTweet")
	if again := s.m.Add(party, "app:alice/home", "OnTweet"); again != sub || s.m.Add(party, "", "") == sub {
		t.Error("subscriptions are told apart by topic and filter")
	}
	s.m.Start(s.now, sub, 0, 0)
	s.told("open 1 at 0.0OnTweet")
	s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 3})
	s.receive(batch(9, 7, 3, 5))
	s.receive(batch(9, 7, 4, 6)) // a part of it once more
	s.receive(batch(9, 7, 4, 6))
	s.told("1 opened at 7.3 lost 0", "1 got 2 up to 7.5", "1 got 2 up to 7.6")
	s.m.Disconnected(s.now)
	s.receive(batch(9, 7, 6, 7)) // from the grave
	s.told("1 stale")
	s.m.Connected(s.now)
	s.told("open 2 at 7.6OnTweet")
	s.receive(batch(9, 7, 6, 7)) // nobody's: it is not answered
	s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 100, Gap: true, Missed: 94})
	s.told()
	s.receive(wire.TopicOpened{Sub: 2, ID: 4, Epoch: 7, Offset: 8, Gap: true, Missed: 2})
	s.receive(batch(4, 7, 8, 9))
	s.told("1 opened at 7.8 lost 2", "1 got 1 up to 7.9")
}

func TestPUB3_WhatDoesNotLeadOnIsAskedForAgain(t *testing.T) {
	s := play(t)
	s.m.Start(s.now, s.m.Add(party, "", ""), 7, 3)
	s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 3})
	s.told("open 1 at 7.3", "1 opened at 7.3 lost 0")
	s.receive(batch(9, 7, 4, 5))
	s.receive(batch(9, 7, 3, 4)) // passed over: all comes again
	s.told("1 stale")
	if s.m.Wake() != s.now+1_000_000 {
		t.Errorf("it asks again at %d", s.m.Wake())
	}
	s.now = s.m.Wake()
	s.m.Tick(s.now)
	s.told("close 1", "open 2 at 7.3")
	s.receive(wire.TopicOpened{Sub: 2, ID: 9, Epoch: 7, Offset: 3})
	s.now += 5_000_000
	s.receive(batch(9, 8, 0, 4)) // another epoch
	s.told("1 opened at 7.3 lost 0", "1 stale", "close 2", "open 3 at 7.3")
}

func TestPUB3_ATopicToComeIsReadFromItsFirstMessage(t *testing.T) {
	s := play(t)
	s.m.Start(s.now, s.m.Add(party, "", ""), 0, 0)
	s.receive(wire.TopicOpened{Sub: 1, ID: 9})
	s.told("open 1 at 0.0", "1 opened at 0.0 lost 0")
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.receive(wire.TopicOpened{Sub: 2, ID: 9, Epoch: 7, Offset: 4})
	s.told("1 stale", "open 2 at 0.0", "close 2", "open 3 at 7.0")
	s.receive(wire.TopicOpened{Sub: 3, ID: 9, Epoch: 7})
	s.receive(batch(9, 7, 0, 4))
	s.told("1 opened at 7.0 lost 0", "1 got 4 up to 7.4")
}

func TestPUB3_AnOlderPositionTakesASubscriptionBack(t *testing.T) {
	s := play(t)
	sub := s.m.Add(party, "", "")
	s.m.Start(s.now, sub, 7, 100)
	s.m.Start(s.now, sub, 7, 50) // before the answer
	s.m.Start(s.now, sub, 7, 60)
	s.m.Start(s.now, sub, 0, 0)
	s.told("open 1 at 7.100", "close 1", "open 2 at 7.50")
	s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 100})
	s.receive(wire.TopicOpened{Sub: 2, ID: 9, Epoch: 7, Offset: 50})
	s.receive(batch(9, 7, 50, 52))
	s.told("1 opened at 7.50 lost 0", "1 got 2 up to 7.52")
	s.m.Start(s.now, sub, 7, 40)
	s.told("close 2", "open 3 at 7.40")
	s.receive(batch(9, 7, 52, 53)) // of before
	s.told()
}

func TestRefusals(t *testing.T) {
	for _, code := range []wire.Code{wire.Unavailable, wire.Overloaded, wire.Quota} {
		s := play(t)
		s.m.Start(s.now, s.m.Add(party, "", ""), 7, 3)
		for n := range uint32(5) {
			s.told(fmt.Sprintf("open %d at 7.3", n+1))
			s.receive(wire.TopicEnd{Sub: n + 1, Err: *wire.Retry(code, "Later.", 700)})
			s.told(fmt.Sprintf("1 opening %s", code))
			if wait := s.m.Wake() - s.now; wait < max(700_000, int64(500_000)<<n) || wait > max(1_050_000, int64(750_000)<<n) {
				t.Errorf("%s: %d µs after refusal %d", code, wait, n)
			}
			s.m.Tick(s.m.Wake() - 1)
			s.told()
			s.now = s.m.Wake()
			s.m.Tick(s.now)
		}
	}
	s := play(t)
	sub := s.m.Add(party, "", "")
	s.m.Start(s.now, sub, 0, 0)
	s.receive(wire.TopicEnd{Sub: 1, Err: *wire.Err(wire.NotAllowed, "No.")})
	s.told("open 1 at 0.0", "1 ended not_allowed")
	s.m.Start(s.now, sub, 0, 0)
	s.m.Close(s.now, sub)
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.told()
}

func TestAClosedSubscriptionHearsNothing(t *testing.T) {
	s := play(t)
	sub := s.m.Add(party, "", "")
	s.m.Start(s.now, sub, 0, 0)
	s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 3})
	s.told("open 1 at 0.0", "1 opened at 7.3 lost 0")
	s.m.Close(s.now, sub)
	s.receive(batch(9, 7, 3, 4))
	s.receive(wire.TopicEnd{Sub: 1, Err: *wire.Err(wire.NotAllowed, "No.")})
	s.told("close 1")
	if s.m.Add(party, "", "") == sub {
		t.Error("a number came again")
	}
}

func TestMalformedFramesAreErrorsAndTellNothing(t *testing.T) {
	bad := map[string][]byte{
		"opened in no epoch": wire.TopicOpened{Sub: 1, ID: 9, Offset: 3}.Append(nil),
		"truncated":          wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7}.Append(nil)[:8],
		"end of nothing":     wire.TopicEnd{Err: *wire.Err(wire.Quota, "")}.Append(nil),
		"offset too low":     messages(7, 3, 5, 3),
		"offset too high":    messages(7, 3, 5, 6),
		"offset twice":       messages(7, 3, 5, 4, 4),
		"no message":         wire.TopicMessages{ID: 9, Epoch: 7, After: 3, Upto: 5, Messages: []byte{0x81, 4}}.Append(nil),
		"half a message":     wire.TopicMessages{ID: 9, Epoch: 7, After: 3, Upto: 5, Messages: []byte{0x81, 0x82, 4, 0}}.Append(nil),
		"not from text":      wire.TopicMessages{ID: 9, Epoch: 7, After: 3, Upto: 5, Messages: []byte{0x81, 0x84, 4, 0, 0, 0}}.Append(nil),
	}
	for name, frame := range bad {
		s := play(t)
		s.m.Start(s.now, s.m.Add(party, "", ""), 7, 3)
		s.receive(wire.TopicOpened{Sub: 1, ID: 9, Epoch: 7, Offset: 3})
		s.told("open 1 at 7.3", "1 opened at 7.3 lost 0")
		err := s.m.Received(s.now, frame)
		if coded := (*wire.Error)(nil); !errors.As(err, &coded) || coded.Code != wire.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
		s.told()
	}
}

func messages(epoch, after, upto uint64, offsets ...uint64) []byte {
	frame := wire.AppendTopicMessages(nil, 9, epoch, after, upto, len(offsets))
	for _, o := range offsets {
		frame = wire.TopicMessage{Offset: o, From: "app:bob/home"}.Append(frame)
	}
	return frame
}

// FuzzHostileServer holds the machine, and a reader, to their promises whatever a server says.
func FuzzHostileServer(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, []byte{})
	}
	f.Add(uint64(1), wire.TopicOpened{Sub: 1, ID: 1, Epoch: 1 << 60, Offset: 1<<64 - 1, Gap: true, Missed: 1<<64 - 1}.Append(nil))
	f.Fuzz(func(t *testing.T, seed uint64, extra []byte) {
		h := &hostile{t: t, rnd: rand.New(rand.NewPCG(seed, 2)), m: follow.New(seed), extra: extra}
		for range 300 {
			h.step()
		}
	})
}

type hostile struct {
	t     *testing.T
	rnd   *rand.Rand
	m     *follow.Topics
	now   int64
	extra []byte

	sub, asked uint32
	reader     follow.Reader
}

func (h *hostile) n(most uint64) uint64 { return h.rnd.Uint64N(most + 1) }

func (h *hostile) step() {
	h.now += int64(h.n(400_000))
	sub := h.asked - uint32(h.n(1))
	switch h.n(12) {
	case 0:
		h.m.Connected(h.now)
	case 1:
		h.m.Disconnected(h.now)
	case 2:
		h.sub, h.reader = h.m.Add(party, "", ""), follow.At(h.n(2), h.n(5))
		epoch, offset := h.reader.Position()
		h.m.Start(h.now, h.sub, epoch, offset)
	case 3:
		h.m.Tick(h.m.Wake())
	case 4:
		h.receive(wire.TopicEnd{Sub: sub, Err: wire.Error{Code: []wire.Code{wire.Quota, wire.NotAllowed}[h.n(9)/9]}}.Append(nil))
	case 5, 6:
		h.receive(wire.TopicOpened{Sub: sub, ID: h.n(1), Epoch: h.n(2), Offset: h.n(9), Gap: h.n(1) == 0, Missed: h.n(3)}.Append(nil))
	case 7:
		h.receive(h.extra)
	default:
		after := h.n(9)
		h.receive(messages(1+h.n(1), after, after+h.n(4), after+1+h.n(1), after+2+h.n(2))) // its ID is 9
		frame := batch(h.n(1), 1+h.n(1), after, after+h.n(4))
		h.receive(frame.Append(nil))
	}
}

func (h *hostile) receive(frame []byte) {
	h.drain()
	err := h.m.Received(h.now, frame)
	if asks := h.drain(); asks > 2 {
		h.t.Fatalf("%x was answered with %d askings", frame, asks)
	}
	if err != nil {
		h.m.Disconnected(h.now)
		h.m.Connected(h.now)
	}
}

func (h *hostile) drain() (asks int) {
	for e, ok := h.m.Next(); ok; e, ok = h.m.Next() {
		switch {
		case e.Kind == follow.Send:
			if f, err := wire.ParseTopicOpen(e.Data); err == nil {
				h.asked = f.Sub
				asks++
			}
		case e.Sub != h.sub:
		case e.Kind == follow.Opened:
			before, at := h.reader.Position()
			lost, missed := h.reader.Opened(e)
			if missed > 0 && !lost || lost && before == e.Epoch && missed > e.Offset-at || lost && at == e.Offset && before == e.Epoch {
				h.t.Fatalf("lost %v, %d from %d.%d by %+v", lost, missed, before, at, e)
			}
		case e.Kind == follow.Messages:
			epoch, at := h.reader.Position()
			h.reader.Read(e, func(m wire.TopicMessage) {
				if m.Offset <= at || e.Epoch != epoch {
					h.t.Fatalf("%d.%d after %d.%d", e.Epoch, m.Offset, epoch, at)
				}
				at = m.Offset
			})
		}
	}
	return asks
}
