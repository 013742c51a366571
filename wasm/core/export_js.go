package main

// Each export is one input of package link. Texts stand in the scratch buffer in the order of their lengths among the parameters. What is
// said about a link or a channel that is gone has no effect.

// start makes a link under a number that JavaScript chose.
//
//go:wasmexport start
func start(link, token, client int32, now float64) {
	var r reader
	d := newDriver(link, r.text(token), r.text(client))
	d.now = int64(now)
	d.link.Start(d.now)
	d.drain()
}

// flush passes on the events that openChannel and request left, so that JavaScript knows their numbers before it hears of them.
//
//go:wasmexport flush
func flush(link int32) {
	if d := drivers[link]; d != nil {
		d.drain()
	}
}

//go:wasmexport stop
func stop(link int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.Stop(d.now)
		d.drain()
		delete(drivers, link)
	}
}

//go:wasmexport setToken
func setToken(link, token int32, now float64) {
	if d := at(link, now); d != nil {
		var r reader
		d.link.SetToken(d.now, r.text(token))
		d.drain()
	}
}

// noToken answers renew: nobody has a fresh token. If the server refused the old one, its reason stands.
//
//go:wasmexport noToken
func noToken(link int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.NoToken(d.now, d.link.State().Reason)
		d.drain()
	}
}

//go:wasmexport retryNow
func retryNow(link int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.RetryNow(d.now)
		d.drain()
	}
}

//go:wasmexport connected
func connected(link, conn int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.Connected(d.now, uint64(conn))
		d.drain()
	}
}

//go:wasmexport disconnected
func disconnected(link, conn int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.Disconnected(d.now, uint64(conn))
		d.drain()
	}
}

//go:wasmexport received
func received(link, conn, frame int32, now float64) {
	if d := at(link, now); d != nil {
		var r reader
		d.link.Received(d.now, uint64(conn), r.bytes(frame))
		d.drain()
		d.giveUp(conn)
	}
}

//go:wasmexport tick
func tick(link int32, now float64) {
	if d := at(link, now); d != nil {
		d.wake = 0
		d.tickClock()
		d.link.Tick(d.now)
		d.mirrors.Tick(d.now)
		d.topics.Tick(d.now)
		d.calls.Tick(d.now)
		d.drain()
	}
}

// openChannel returns the channel's number; flush must follow.
//
//go:wasmexport openChannel
func openChannel(link, ca, session, keep int32, now float64) int32 {
	d := at(link, now)
	if d == nil {
		return 0
	}
	var r reader
	return int32(d.link.Open(d.now, r.text(ca), r.text(session), uint32(keep)))
}

//go:wasmexport closeChannel
func closeChannel(link, ch int32, now float64) {
	if d := at(link, now); d != nil {
		d.link.Close(d.now, uint32(ch))
		d.drain()
	}
}

// request returns the request's number, which its outcome bears; flush must follow. timeout is in µs, 0 for none.
//
//go:wasmexport request
func request(link, ch, method, args int32, timeout, now float64) float64 {
	d := at(link, now)
	if d == nil {
		return 0
	}
	var r reader
	deadline := int64(0)
	if timeout > 0 {
		deadline = d.now + int64(timeout)
	}
	return float64(d.link.Request(d.now, uint32(ch), r.text(method), r.keep(args), deadline))
}
