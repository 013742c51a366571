package enginetest

import "fmt"

// Relation is what a pico asks for.
type Relation struct {
	Name, RxRole, TxRole, ChannelType string // the pico's own role, and the peer's
}

// Ask asks at a doorbell, as the event wrangler:subscription has a pico do: the id is told to the peer, and names the subscription on both sides. Host is the peer's, as it stands.
func (e *Engine) Ask(host, doorbell string, r Relation) (id string, x Exchange) {
	e.mu.Lock()
	id = e.newName("id")
	b := &Bus{
		ID: id, Name: r.Name, ChannelName: r.Name, ChannelType: r.ChannelType, State: Outbound,
		Rx: e.newChannel(), Host: host, RxRole: r.RxRole, TxRole: r.TxRole, WellKnown: doorbell,
	}
	if b.ChannelType == "" {
		b.ChannelType = "Tx_Rx"
	}
	e.busses[id] = b
	raised := Attributes{ // what the owner has raised is handed on, with the headers that it came with
		{"name", b.Name}, {"wellKnown_Tx", doorbell}, {"Tx_host", e.URL}, {"Rx_role", b.TxRole}, {"Tx_role", b.RxRole},
		{"channel_type", b.ChannelType}, {"password", nil}, {"_headers", e.headers},
	}
	request := raised.put(Attributes{{"Id", id}, {"Tx", b.Rx}, {"channel_name", b.ChannelName}, {"status", nil}})
	e.note()
	e.mu.Unlock()
	return id, e.send(host, doorbell, "wrangler", "new_subscription_request", request)
}

// Approve approves what was asked of this pico.
func (e *Engine) Approve(id string) (Exchange, error) {
	b, err := e.move(id, Inbound, Established)
	if err != nil {
		return Exchange{}, err
	}
	answer := Attributes{{"Id", id}, {"Tx", b.Rx}, {"Tx_verify_key", nil}, {"Tx_public_key", nil}, {"_headers", e.headers}}
	if e.generation == V1 {
		answer = b.asked.put(answer) // the asker's own Tx_host, too
	}
	return e.send(b.Host, b.Tx, "wrangler", "outbound_pending_subscription_approved", answer), nil
}

// ApproveAgain sends an approval once more, as an owner does who presses twice.
func (e *Engine) ApproveAgain(id string) (Exchange, error) {
	if _, err := e.move(id, Established, Inbound); err != nil {
		return Exchange{}, err
	}
	return e.Approve(id)
}

// Reject refuses what was asked of this pico.
func (e *Engine) Reject(id string) (Exchange, error) {
	b, err := e.move(id, Inbound, "")
	if err != nil {
		return Exchange{}, err
	}
	return e.send(b.Host, b.Tx, "wrangler", "outbound_removal", Attributes{{"Id", id}, {"_headers", e.headers}}), nil
}

// Withdraw takes back what this pico has asked.
func (e *Engine) Withdraw(id string) (Exchange, error) {
	b, err := e.move(id, Outbound, "")
	if err != nil {
		return Exchange{}, err
	}
	return e.send(b.Host, b.WellKnown, "wrangler", "inbound_removal", Attributes{{"Id", id}, {"Tx", b.Rx}, {"_headers", e.headers}}), nil
}

// Cancel ends what is established.
func (e *Engine) Cancel(id string) (Exchange, error) {
	b, err := e.move(id, Established, "")
	if err != nil {
		return Exchange{}, err
	}
	return e.send(b.Host, b.Tx, "wrangler", "established_removal", Attributes{{"Id", id}, {"Rx", b.Tx}, {"Tx", b.Rx}, {"_headers", e.headers}}), nil
}

// Raise raises an event on what is established, at the peer's.
func (e *Engine) Raise(id, domain, typ string, a Attributes) (Exchange, error) {
	b, err := e.move(id, Established, Established)
	if err != nil {
		return Exchange{}, err
	}
	return e.send(b.Host, b.Tx, domain, typ, a), nil
}

// move brings a subscription from a state to another, where the empty one is its end, and returns it as it was.
func (e *Engine) move(id string, from, to State) (b Bus, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.busses[id]
	if known == nil || known.State != from {
		return b, fmt.Errorf("enginetest: there is no %s subscription %s", from, id)
	}
	b = *known
	if to == "" {
		e.remove(id, from)
	} else {
		known.State = to
	}
	e.note()
	return b, nil
}
