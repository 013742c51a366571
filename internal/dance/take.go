package dance

import "github.com/wabgo/wab/internal/wire"

// Doorbell is the name of the channel that everybody may know.
const Doorbell = "doorbell"

// Take takes a message with the Record's ID that came on our channel via: Record.Channel, or Doorbell. An error changed nothing: not_found, as
// Unknown, or conflict.
func (r Record) Take(m Message, via string, now int64) (Step, *wire.Error) {
	if m.ID != r.ID || !r.hears(m.Kind, via) {
		return Step{}, Unknown()
	}
	switch m.Kind {
	case Request:
		return r.askedAgain(m)
	case Confirm:
		return r.confirmed(m, now)
	case Withdraw:
		return r.withdrawn(m, now)
	}
	return r.dismissed(m, now), nil
}

// hears tells whether a message of this kind may come by this way at all.
func (r Record) hears(k Kind, via string) bool {
	switch k {
	case Request:
		return via == Doorbell
	case Withdraw:
		return via == Doorbell && !r.Outbound
	case Confirm, Refuse:
		return via == r.Channel && via != "" && r.Outbound
	case Remove:
		return via == r.Channel && via != ""
	}
	return false
}

// askedAgain: the asker repeats itself until it is answered. Anybody else's request with this ID is not for us to mix up.
func (r Record) askedAgain(m Message) (Step, *wire.Error) {
	if r.Outbound || !same(m.ECI, r.ECI) {
		return Step{}, wire.Err(wire.Conflict, "The id of this request is in use. Ask with a new one.")
	}
	return r.stay(), nil
}

// confirmed: a confirm counts while we wait for it, and repeats itself harmlessly. What has expired is over, though nobody may have noted it yet; the refusal undoes
// the approver's side.
func (r Record) confirmed(m Message, now int64) (Step, *wire.Error) {
	switch {
	case r.State == Pending && now < r.Expires:
		r.ECI = m.ECI
		return r.establish(now), nil
	case r.State == Established && same(m.ECI, r.ECI):
		return r.stay(), nil
	case r.State == Established:
		return Step{}, wire.Err(wire.Conflict, "This subscription is confirmed already, with another channel.")
	}
	return Step{}, Unknown()
}

// withdrawn: who shows the back channel is the asker, and for the asker it is over, whatever we have come to meanwhile.
func (r Record) withdrawn(m Message, now int64) (Step, *wire.Error) {
	switch {
	case !same(m.ECI, r.ECI):
		return Step{}, Unknown()
	case r.State == Ended:
		return r.hush(), nil
	}
	return r.finish(Withdrawn, "", now), nil
}

// hush stops our farewell to a peer that has said its own.
func (r Record) hush() Step {
	step := r.settle(r.Owed)
	step.Stop = r.underWay()
	return step
}

// dismissed: the peer is done with it. A Refuse may find us established, and a Remove pending, where it overtook or outlived the confirm; both are final.
func (r Record) dismissed(m Message, now int64) Step {
	switch r.State {
	case Ended:
		return r.stay()
	case Pending:
		return r.finish(Refused, m.Reason, now)
	}
	return r.finish(Over, m.Reason, now)
}

// same compares secrets in a time that tells nothing about where they differ.
func same(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	var differ byte
	for i := range len(a) {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}
