package main

import (
	"unsafe"

	"github.com/wabgo/wab/internal/dial"
)

func (d *driver) drainCalls() {
	for {
		e, ok := d.calls.Next()
		if !ok {
			return
		}
		d.tellCall(e)
	}
}

func (d *driver) tellCall(e dial.Event) {
	p, n := unsafe.Pointer(unsafe.SliceData(e.Data)), int32(len(e.Data))
	switch e.Kind {
	case dial.Send:
		d.link.SendFrame(e.Data)
	case dial.Turned:
		code, message, _ := parts(e.Err)
		jsCallState(d.id, int32(e.Call), int32(e.State), code, message)
	case dial.Opened:
		jsCallOpened(d.id, int32(e.Call), flag(e.Resumed), e.Member, p, n)
	case dial.Signal:
		jsCallSignal(d.id, int32(e.Call), p, n)
	}
}

// openCall returns the call's number, and tells nothing of it before.
//
//go:wasmexport openCall
func openCall(link, room, hello int32, now float64) int32 {
	d := at(link, now)
	if d == nil {
		return 0
	}
	var r reader
	call := d.calls.Open(d.now, r.text(room), r.bytes(hello))
	d.drain()
	return int32(call)
}

//go:wasmexport helloCall
func helloCall(link, call, hello int32) {
	if d := drivers[link]; d != nil {
		var r reader
		d.calls.Hello(uint32(call), r.bytes(hello))
	}
}

// sendCall tells whether it sent.
//
//go:wasmexport sendCall
func sendCall(link, call, payload int32, now float64) int32 {
	d := at(link, now)
	if d == nil {
		return 0
	}
	var r reader
	said := d.calls.Say(uint32(call), r.bytes(payload))
	d.drain()
	return flag(said)
}

//go:wasmexport closeCall
func closeCall(link, call int32, now float64) {
	if d := at(link, now); d != nil {
		d.calls.Close(uint32(call))
		d.drain()
	}
}
