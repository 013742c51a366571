package dance

// Step is what an input comes to.
type Step struct {
	Record       Record
	Changed      bool   // Record differs from the one before: write it
	Send         []Send // store with it, send after the commit
	Stop         []Kind // sent before, and of no use any more
	CloseChannel bool   // remove our channel, Record.Channel
	Forget       bool   // drop the record from the book
}

// Send is a message to the peer: on its channel, Record.ECI, or its doorbell, Record.Doorbell, both at Record.Host.
type Send struct {
	Message    Message // without our ECI, Host and Vouch: set them just before it is sent
	ToDoorbell bool
}

// Outcome is what came of a Send.
type Outcome uint8

// The outcomes.
const (
	Delivered Outcome = iota + 1
	NoChannel         // 404 or 410: nobody hears there
	Denied            // another final refusal, with a reason
	GivenUp           // nobody knows: no answer, for as long as the sender tried
)

// stay is the step that changes nothing.
func (r Record) stay() Step { return Step{Record: r} }

// become is the step to another state. What was sent in the one before matters no more.
func (r Record) become(s State, now int64) Step {
	stop := r.underWay()
	r.State, r.Since, r.Expires = s, now, 0
	r.Owed, r.Idle, r.Again, r.Tries = 0, 0, 0, 0
	return Step{Record: r, Changed: true, Stop: stop}
}

// underWay is what was sent and may yet bring an outcome.
func (r Record) underWay() []Kind { return (r.Owed &^ r.Idle).list() }

// establish is the step to where both hold a channel. What opened the way there is forgotten.
func (r Record) establish(now int64) Step {
	r.Secret = ""
	return r.become(Established, now)
}

// finish is the step to the end, by which our channel closes.
func (r Record) finish(how End, reason string, now int64) Step {
	r.Secret = ""
	step := r.become(Ended, now)
	step.Record.End, step.Record.Reason = how, shorten(reason)
	step.CloseChannel = r.Channel != ""
	return step
}

// and sends messages with the step.
func (s Step) and(kinds ...Kind) Step {
	for _, k := range kinds {
		s.Send = append(s.Send, Send{Message: s.Record.message(k), ToDoorbell: k == Request || k == Withdraw})
	}
	s.Record.Owed |= setOf(kinds...)
	s.Changed = true
	return s
}

func (r Record) message(k Kind) Message {
	m := Message{Kind: k, Gen: r.Gen, ID: r.ID}
	switch k {
	case Request:
		m.Name, m.Namespace, m.Relationship = r.Name, r.Namespace, r.Relationship
		m.ChannelName, m.ChannelType = r.ChannelName, r.ChannelType
		m.RxRole, m.TxRole = r.TxRole, r.RxRole // as the receiver sees it
		m.From, m.Why, m.Secret = r.From, r.Why, r.Secret
	case Refuse:
		m.Reason = r.Reason
		if r.End == Expired {
			m.Reason = r.End.String()
		}
	case Remove:
		m.Peer, m.Reason = r.ECI, r.Reason
	}
	return m
}
