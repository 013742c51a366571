package main

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// Topics in the module: the native side of random scripts, and scripts of their own, whose server answers what was asked.

func TestModuleFollowsTopicsAsPackageFollowDoes(t *testing.T) {
	wasm, support := buildModule(t)
	shown := map[string]int{}
	for seed := range uint64(10) {
		script, want := topicScript(t, rand.New(rand.NewPCG(seed, 2)), 400)
		got := playModule(t, wasm, support, script)
		for i := range max(len(want), len(got)) {
			if line(want, i) != line(got, i) {
				t.Fatalf("script %d, line %d:\nnative %.300s\nmodule %.300s", seed, i, line(want, i), line(got, i))
			}
		}
		for _, l := range want {
			shown[told(t, l)[0].(string)]++
		}
	}
	for _, what := range []string{"topicOpened", "topicMessages", "topicState", "hangUp"} {
		if shown[what] < 20 {
			t.Errorf("%s comes about %d times", what, shown[what])
		}
	}
}

func told(t *testing.T, line string) (l []any) {
	if err := json.Unmarshal([]byte(line), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// topicScript draws a script as it is played, and returns with it what is to be told.
func topicScript(t *testing.T, r *rand.Rand, steps int) (script []op, want []string) {
	p := &native{links: map[int32]*nativeLink{}, wakes: map[int32]int64{}}
	now, conn, sub, seen := int64(1_700_000_000_000_000), int32(0), uint32(1), 0
	play := func(o op) {
		o.Link, o.Now = 1, now
		script = append(script, o)
		p.play(o)
		for ; seen < len(p.lines); seen++ { // which connection is wanted, and by which number a topic is asked for
			switch l := told(t, p.lines[seen]); l[0] {
			case "dial":
				conn = int32(l[2].(float64))
			case "send":
				if f, err := wire.ParseTopicOpen(unhex(t, l[3])); err == nil {
					sub = f.Sub
				}
			}
		}
	}
	play(op{Op: "start", A: "token", B: "client"})
	for _, o := range openTopics(now) {
		play(o)
	}
	for range steps {
		now += int64(r.ExpFloat64() * 200_000)
		switch k := r.IntN(40); {
		case k == 0:
			play(op{Op: "disconnected", N: conn})
		case k < 4:
			play(op{Op: "retryNow"})
			play(op{Op: "connected", N: conn})
			welcome := wire.Welcome{Version: 1, Owner: "alice", Now: now, MaxFrame: 1 << 20, MaxInflight: 1}
			play(op{Op: "received", N: conn, Frame: welcome.Append(nil)})
		case k < 8:
			play(op{Op: "tick"})
		default:
			o := op{}
			drawTopic(r, &o, conn, sub-uint32(r.IntN(2)))
			play(o)
		}
	}
	return script, p.lines
}

func (p *native) inputTopic(l *nativeLink, o op) {
	if o.Op == "closeTopic" {
		l.topics.Close(o.Now, uint32(o.N))
		return
	}
	method := ""
	if o.B != "" {
		method = "OnTweet"
	}
	sub := l.topics.Add(o.A, o.B, method)
	l.topics.Start(o.Now, sub, o.Epoch, o.Version)
	p.drainLink(o, l)
	p.log("topic", sub)
}

func (p *native) drainTopics(id int32, l *nativeLink) {
	for e, ok := l.topics.Next(); ok; e, ok = l.topics.Next() {
		switch e.Kind {
		case follow.Send:
			l.SendFrame(e.Data)
		case follow.Turned:
			code, message, _ := reason(e.Err)
			p.log("topicState", id, e.Sub, e.State, code, message)
		case follow.Opened:
			p.log("topicOpened", id, e.Sub, e.Epoch, e.Offset, e.Before, bit(e.Gap), e.Missed)
		case follow.Messages:
			p.log("topicMessages", id, e.Sub, e.Epoch, e.Offset, hex.EncodeToString(e.Data))
		}
	}
}

// openTopics begins a script with two subscriptions, one of them filtered and from a position.
func openTopics(now int64) []op {
	return []op{
		{Op: "openTopic", Link: 1, Now: now, A: "app:forum/party"},
		{Op: "openTopic", Link: 1, Now: now, A: "app:forum/party", B: "app:alice/home", Epoch: 7, Version: 3},
	}
}

func drawTopic(r *rand.Rand, o *op, conn int32, sub uint32) {
	switch k := r.IntN(16); {
	case k < 2:
		o.Op, o.A, o.Epoch, o.Version = "openTopic", "app:forum/party", 7, uint64(r.IntN(12))
		if r.IntN(2) == 0 {
			o.A, o.B, o.Epoch, o.Version = "app:alice/home/news", "app:alice/home", 0, 0
		}
	case k == 2 && r.IntN(3) == 0:
		o.Op, o.N = "closeTopic", int32(1+r.IntN(4))
	default:
		o.Op, o.N, o.Frame = "received", conn, drawTopicFrame(r, sub)
	}
}

func drawTopicFrame(r *rand.Rand, sub uint32) []byte {
	epoch, offset := uint64(7+r.IntN(20)/19), uint64(r.IntN(12))
	codes := []wire.Code{wire.Overloaded, wire.Unavailable, wire.NotAllowed}
	switch k := r.IntN(40); {
	case k < 18:
		return wire.TopicOpened{Sub: sub, ID: uint64(1 + r.IntN(2)), Epoch: epoch, Offset: offset, Gap: k < 3, Missed: uint64(k)}.Append(nil)
	case k < 20:
		return wire.TopicOpened{Sub: sub, ID: uint64(1 + r.IntN(2))}.Append(nil)
	case k < 22:
		return wire.TopicEnd{Sub: sub, Err: wire.Error{Code: codes[r.IntN(8)/3], Message: "so", RetryAfter: int64(r.IntN(2000))}}.Append(nil)
	case k < 23:
		return wire.TopicMessages{ID: 1, Epoch: 7, Upto: 1, Messages: []byte{0x81, 1}}.Append(nil)
	}
	n := uint64(r.IntN(4))
	frame := wire.AppendTopicMessages(nil, uint64(1+r.IntN(2)), epoch, offset, offset+n+uint64(r.IntN(2)), int(n))
	for i := range n {
		frame = wire.TopicMessage{Offset: offset + 1 + i, At: 5, From: "app:bob/home", Value: cbor.AppendUint(nil, i)}.Append(frame)
	}
	return frame
}
