package sharedmap

// Dump tells what there is to know of a subscription, for a page that comes later: the content in batches of about limit bytes, the state, what
// has been put aside of a snapshot that is under way, and who is present. An event's Data is valid during the call only.
func (m *Mirrors) Dump(sub uint32, limit int, tell func(MirrorEvent)) {
	s := m.sub(sub)
	if s == nil || !s.started {
		return
	}
	if s.known {
		s.replica.dump(MirrorEvent{Sub: sub}, limit, tell)
	}
	tell(MirrorEvent{Kind: MirrorTurned, Sub: sub, State: s.state, Err: s.reason})
	if s.parts > 0 && !s.behind {
		s.staged.dump(MirrorEvent{Sub: sub, Part: true}, limit, tell)
	}
	tell(s.presence.all(sub))
}

// dump tells the content by events that are like e. If e is a part, so is the last of them.
func (r *Replica) dump(e MirrorEvent, limit int, tell func(MirrorEvent)) {
	aside := e.Part
	e.Kind, e.Reset, e.Epoch, e.Version = MirrorChanged, true, r.epoch, r.version
	r.Batches(limit, func(batch []byte, last bool) {
		e.Data, e.Part = batch, aside || !last
		tell(e)
		e.Reset = false
	})
}
