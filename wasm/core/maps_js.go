package main

import (
	"unsafe"

	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/sharedmap"
)

// changed tells the maps, topics and calls whether the server takes their frames.
func (d *driver) changed(status link.Status) {
	online := status == link.Resuming || status == link.Live
	switch {
	case online == d.online:
	case online:
		d.pinged = d.now // the link did
		d.mirrors.Connected(d.now)
		d.topics.Connected(d.now)
		d.calls.Connected(d.now)
	default:
		d.mirrors.Disconnected(d.now)
		d.topics.Disconnected(d.now)
		d.calls.Disconnected(d.now)
	}
	d.online = online
}

// giveUp hangs up on a server that makes no sense.
func (d *driver) giveUp(conn int32) {
	if d.flawed {
		d.flawed = false
		d.link.Disconnected(d.now, uint64(conn))
		d.drain()
	}
}

func (d *driver) drainMaps() {
	for {
		e, ok := d.mirrors.Next()
		if !ok {
			return
		}
		d.tellMap(e)
	}
}

func (d *driver) tellMap(e sharedmap.MirrorEvent) {
	p, n := unsafe.Pointer(unsafe.SliceData(e.Data)), int32(len(e.Data))
	switch e.Kind {
	case sharedmap.MirrorSend:
		d.link.SendFrame(e.Data)
	case sharedmap.MirrorTurned:
		code, message, _ := parts(e.Err)
		jsMapState(d.id, int32(e.Sub), int32(e.State), code, message)
	case sharedmap.MirrorChanged:
		flags := flag(e.Reset) | flag(e.Part)<<1 | flag(e.More)<<2
		jsMapChanged(d.id, int32(e.Sub), flags, float64(e.Epoch), float64(e.Version), p, n)
	case sharedmap.MirrorPresence:
		jsMapPresence(d.id, int32(e.Sub), float64(e.Who), flag(e.Reset), p, n)
	}
}

//go:wasmexport newMap
func newMap(link, name int32) int32 {
	d := drivers[link]
	if d == nil {
		return 0
	}
	var r reader
	return int32(d.mirrors.Add(r.text(name)))
}

//go:wasmexport seedMap
func seedMap(link, m, batch int32) {
	if d := drivers[link]; d != nil {
		var r reader
		d.mirrors.Seed(uint32(m), r.bytes(batch))
	}
}

//go:wasmexport openMap
func openMap(link, m int32, epoch, version, now float64) {
	if d := at(link, now); d != nil {
		d.mirrors.Start(d.now, uint32(m), uint64(epoch), uint64(version))
		d.drain()
	}
}

//go:wasmexport closeMap
func closeMap(link, m int32, now float64) {
	if d := at(link, now); d != nil {
		d.mirrors.Close(d.now, uint32(m))
		d.drain()
	}
}

//go:wasmexport setPresence
func setPresence(link, m, seat, value int32, now float64) {
	if d := at(link, now); d != nil {
		var r reader
		if d.mirrors.SetPresence(d.now, uint32(m), uint32(seat), r.bytes(value)) == nil {
			d.drain()
		}
	}
}

// batchSize is about how many bytes dumpMap hands out at a time.
const batchSize = 256 << 10

//go:wasmexport dumpMap
func dumpMap(link, m int32) {
	if d := drivers[link]; d != nil {
		d.mirrors.Dump(uint32(m), batchSize, d.tellMap)
	}
}
