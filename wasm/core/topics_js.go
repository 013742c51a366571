package main

import (
	"unsafe"

	"github.com/wabgo/wab/internal/follow"
)

func (d *driver) drainTopics() {
	for {
		e, ok := d.topics.Next()
		if !ok {
			return
		}
		d.tellTopic(e)
	}
}

func (d *driver) tellTopic(e follow.Event) {
	sub, epoch, offset := int32(e.Sub), float64(e.Epoch), float64(e.Offset)
	switch e.Kind {
	case follow.Send:
		d.link.SendFrame(e.Data)
	case follow.Turned:
		code, message, _ := parts(e.Err)
		jsTopicState(d.id, sub, int32(e.State), code, message)
	case follow.Opened:
		jsTopicOpened(d.id, sub, epoch, offset, float64(e.Before), flag(e.Gap), float64(e.Missed))
	case follow.Messages:
		jsTopicMessages(d.id, sub, epoch, offset, unsafe.Pointer(unsafe.SliceData(e.Data)), int32(len(e.Data)))
	}
}

// openTopic returns the subscription's number, and tells nothing of it before.
//
//go:wasmexport openTopic
func openTopic(link, topic, ca, method int32, epoch, offset, now float64) int32 {
	d := at(link, now)
	if d == nil {
		return 0
	}
	var r reader
	sub := d.topics.Add(r.text(topic), r.text(ca), r.text(method))
	d.topics.Start(d.now, sub, uint64(epoch), uint64(offset))
	d.drain()
	return int32(sub)
}

//go:wasmexport closeTopic
func closeTopic(link, topic int32, now float64) {
	if d := at(link, now); d != nil {
		d.topics.Close(d.now, uint32(topic))
		d.drain()
	}
}
