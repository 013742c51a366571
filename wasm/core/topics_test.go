package main

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// Topics in the module: the native side of random scripts, and scripts of their own, whose server answers what was asked.

func TestModuleFollowsTopicsAsPackageFollowDoes(t *testing.T) {
	compareScripts(t, subject{
		begin: openTopics,
		asked: func(frame []byte) (uint32, bool) { f, err := wire.ParseTopicOpen(frame); return f.Sub, err == nil },
		draw:  drawTopic,
		shows: []string{"topicOpened", "topicMessages", "topicState", "hangUp"},
	})
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
