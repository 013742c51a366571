package enginetest

// take does what an event asks for, where its channel is the right one. Call with mu held.
func (e *Engine) take(c call, a Attributes) {
	if c.domain == "wrangler" && e.wrangle(c, a) {
		return
	}
	if b := e.owner(c.eci); b != nil {
		e.events = append(e.events, Event{b.ID, c.domain, c.typ, a.mapped()})
	}
}

// wrangle tells whether an event is one of the dance's.
func (e *Engine) wrangle(c call, a Attributes) bool {
	switch c.typ {
	case "new_subscription_request":
		e.asked(a)
	case "outbound_pending_subscription_approved":
		e.approved(c.eci, a)
	case "inbound_removal":
		e.remove(a.Text("Id"), Inbound)
	case "outbound_removal":
		e.remove(a.Text("Id"), Outbound)
	case "established_removal":
		e.remove(a.Text("Id"), Established)
	default:
		return false
	}
	return true
}

// owner is the subscription that a channel belongs to.
func (e *Engine) owner(eci string) *Bus {
	for _, b := range e.busses {
		if b.Rx == eci {
			return b
		}
	}
	return nil
}

// asked takes a request, and makes the channel for it before anybody approves. What lacks an attribute is forgotten.
func (e *Engine) asked(a Attributes) {
	if !a.has("Id", "Tx", "Rx_role", "Tx_role", "name", "channel_name", "channel_type") || e.busses[a.Text("Id")] != nil {
		return
	}
	b := &Bus{
		ID: a.Text("Id"), Name: a.Text("name"), ChannelName: a.Text("channel_name"), ChannelType: a.Text("channel_type"), State: Inbound,
		Rx: e.newChannel(), Tx: a.Text("Tx"), Host: a.Text("Tx_host"), RxRole: a.Text("Rx_role"), TxRole: a.Text("Tx_role"), asked: a,
	}
	e.busses[b.ID] = b
	if e.accepts {
		e.sending.Go(func() { _, _ = e.Approve(b.ID) })
	}
}

// approved establishes what this pico has asked for. One that comes again, or on another channel, changes nothing.
func (e *Engine) approved(eci string, a Attributes) {
	if b := e.busses[a.Text("Id")]; b != nil && b.State == Outbound && b.Rx == eci && a.has("Tx") {
		b.State, b.Tx = Established, a.Text("Tx")
	}
}

// remove forgets a subscription that is in a state, and its channel.
func (e *Engine) remove(id string, in State) {
	if b := e.busses[id]; b != nil && b.State == in {
		delete(e.channels, b.Rx)
		delete(e.busses, id)
	}
}
