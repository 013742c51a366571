package dance

import "github.com/wabgo/wab/internal/wire"

// Approve says yes to one that waits; channel is the name of the channel that the peer gets. Where yes was said before, nothing changes, and channel is not
// used. The error is conflict.
func (r Record) Approve(channel string, now int64) (Step, *wire.Error) {
	switch {
	case r.Outbound:
		return Step{}, errOurs
	case r.State == Confirming, r.State == Established:
		return r.stay(), nil
	case r.State == Ended, now >= r.Expires:
		return Step{}, wire.Err(wire.Conflict, "This request is over: it was "+r.fate()+".")
	case channel == "" || channel == Doorbell:
		return Step{}, wire.Err(wire.Internal, "An approval needs a channel of its own.")
	}
	r.Channel = channel
	return r.become(Confirming, now).and(Confirm), nil
}

// Decline says no to one that waits. Where it is over, nothing changes. The error is conflict.
func (r Record) Decline(reason string, now int64) (Step, *wire.Error) {
	switch {
	case r.Outbound:
		return Step{}, errOurs
	case r.State == Ended:
		return r.stay(), nil
	case r.State != Waiting:
		return Step{}, wire.Err(wire.Conflict, "This request is approved already. End the subscription instead.")
	}
	return r.finish(Refused, reason, now).and(Refuse), nil
}

var errOurs = wire.Err(wire.Conflict, "This request is ours: only who was asked can answer it. Ending the subscription withdraws it.")

// fate tells people how it ended, or is about to.
func (r Record) fate() string {
	switch r.End {
	case Refused, Withdrawn:
		return r.End.String()
	case 0, Expired:
		return "not answered in time"
	}
	return "approved, and has ended"
}

// Finish ends it by its owner's will, whatever its state: asked, it is withdrawn; waiting, refused.
func (r Record) Finish(reason string, now int64) Step {
	switch r.State {
	case Pending:
		return r.finish(Withdrawn, reason, now).and(Withdraw)
	case Waiting:
		return r.finish(Refused, reason, now).and(Refuse)
	case Confirming:
		return r.finish(Over, reason, now).and(Remove, Refuse) // whether the peer is established or pending, only one of them means something to engines
	case Established:
		return r.finish(Over, reason, now).and(Remove)
	}
	return r.stay()
}
