package actor

import (
	"errors"
	"slices"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of what a CA may have on its way to others.
const (
	MaxOutbox      = 10_000  // messages not yet settled
	MaxOutboxBytes = 8 << 20 // of their arguments
	MaxAnswer      = 1 << 20 // bytes of a result that goes to another CA

	giveUpAfter  = 7 * 24 * 3600 * 1_000_000 // µs after which a message becomes a dead letter
	numbersAhead = 256                       // message numbers reserved by one write
	postBytes    = 400                       // about what a post takes besides its arguments
	ackDelay     = 100_000                   // µs in which acknowledgements gather before their removal is written
)

type outboxFeature struct{}

func (outboxFeature) Letter() byte { return letterOutbox }
func (outboxFeature) NewPart(ca *CA) Part {
	return &outbox{ca: ca, last: ca.meta.reserved, dying: ca.meta.dying}
}

// outbox holds the messages that a CA's committed transactions send, until their receivers have settled them. Each is a side key; a restart sends what is left again,
// and the receiver's inbox tells which it has seen.
type outbox struct {
	ca *CA

	// Of the message being handled:
	last    uint64 // the last number used
	before  uint64 // the same, when the message began
	fresh   []*post
	removed []*post
	buried  []*post // given up
	resend  bool
	destroy bool

	// Guarded by CA.mu, for acknowledgements come at any time:
	posts   []*post // by number
	bytes   int
	lanes   lanes // of those that have not arrived
	dying   bool  // no answer is waited for
	retryAt int64 // when the outbox has to be tended, 0 for never
}

var (
	errOutboxFull = errors.New("too many messages are on their way from this assistant; let some arrive first")
	errAddress    = wire.Err(wire.BadRequest, "A message goes to one assistant: app:owner/name.")
	errGivenUp    = wire.Err(wire.Unavailable, "The receiver could not be reached for seven days.")

	// What a receiver tells of a post: nil or errFollows once it is settled there, a passing error when it should come again, and any
	// other when it will never be taken, of which no receipt is kept.
	errFollows = wire.Err(wire.Failed, "An answer follows.")
)

// Post sends a message when the transaction commits, and returns its number. Errors: not the name of a CA, too many messages on their
// way, or a transaction that is too large.
func (tx *Tx) Post(to name.Name, method string, args []byte) (number uint64, err error) {
	if !addressable(to) {
		return 0, errAddress
	}
	if err := tx.Spend(postBytes + len(method) + len(args)); err != nil {
		return 0, err
	}
	tx.Use(outboxFeature{}, func(p Part) { number, err = p.(*outbox).post(to, method, args, tx.started) })
	return number, err
}

// addressable tells whether a name is that of something that takes messages.
func addressable(to name.Name) bool {
	if to.Topic() {
		n, err := name.ParseActor(to.String())
		return err == nil && n == to
	}
	return to.Kind() == name.CA && to.App != "" && to.Check() == nil
}

// Then names the method that gets the answer to a message of this transaction: its result, its failure or its refusal.
func (tx *Tx) Then(number uint64, method string) {
	tx.Use(outboxFeature{}, func(p Part) {
		o := p.(*outbox)
		if i, ok := place(o.fresh, number); ok {
			o.fresh[i].then = method
		}
	})
}

// Destroy removes the CA when the transaction commits; messages sent before still arrive, but no answers to them.
func (tx *Tx) Destroy() {
	tx.Use(outboxFeature{}, func(p Part) {
		p.(*outbox).destroy = true
		if t := tx.ca.timers(); t != nil {
			t.clear()
		}
	})
}

// doomed tells whether the CA is destroyed, or will be by this message.
func (c *CA) doomed() bool {
	o, _ := c.existing(outboxFeature{}).(*outbox)
	return c.meta.dying || (o != nil && o.destroy)
}

func (o *outbox) post(to name.Name, method string, args []byte, now int64) (uint64, error) {
	o.ca.mu.Lock()
	full := len(o.posts)+len(o.fresh) >= MaxOutbox || o.bytes+len(args) > MaxOutboxBytes
	o.ca.mu.Unlock()
	if full {
		return 0, errOutboxFull
	}
	o.add(&post{to: to, kind: Send, method: method, args: args, notify: o.ca.class.Handles(Undone), created: now})
	return o.last, nil
}

// answer tells a Send's sender what became of it, if that is to be known there.
func (o *outbox) answer(m *Message, result []byte, err *wire.Error) {
	o.add(&post{to: m.From, kind: m.post.kindOfAnswer(), method: m.post.then, created: o.ca.rt.now(),
		answer: &answer{about: m.post.number, of: m.post.incarnation, method: m.post.method, result: result, err: err}})
}

// answering tells whether the answer to a Send that was settled before is still on its way.
func (o *outbox) answering(m *Message) bool {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	return slices.ContainsFunc(o.posts, func(p *post) bool {
		return p.answer != nil && p.answer.about == m.post.number && p.answer.of == m.post.incarnation && p.to == m.From
	})
}

func (o *outbox) add(p *post) {
	o.last++
	p.number, p.box, p.incarnation = o.last, o, o.ca.meta.incarnation
	o.fresh = append(o.fresh, p)
}

func (o *outbox) Begin() {
	o.before = o.last
	o.fresh, o.removed, o.buried, o.resend, o.destroy = nil, nil, nil, false, false
}

func (o *outbox) Rollback() { o.last = o.before }

func (o *outbox) Encode(c *Commit) {
	for _, p := range o.buried {
		c.Put(ColdKey(letterBurial, big(p.number)...), p.encode())
	}
	o.remove(c)
	for _, p := range o.fresh {
		o.bytes += len(p.args)
		o.posts = append(o.posts, p)
		c.Put(p.key(), p.encode())
	}
	if fresh := o.fresh; len(fresh) > 0 {
		o.reserve()
		o.plan(o.ca.rt.now() + lastRetry)
		c.After(func() { o.release(fresh) })
	} else if o.resend {
		c.After(o.send)
	}
	o.bury(c)
}

func (o *outbox) remove(c *Commit) {
	for _, p := range o.removed {
		if i, ok := place(o.posts, p.number); ok {
			c.Delete(p.key())
			o.posts = slices.Delete(o.posts, i, i+1)
			o.bytes -= len(p.args)
			o.lanes.remove(p)
		}
	}
}

// bury ends a CA that was destroyed once its last message has arrived.
func (o *outbox) bury(c *Commit) {
	meta := &o.ca.meta
	if o.destroy {
		meta.dying, meta.dirty, o.dying = true, true, true
		c.wrote = true
		o.removed = o.removed[:0]
		for _, p := range o.posts {
			if p.stage == delivered {
				o.removed = append(o.removed, p) // nobody waits for the answer now
			}
		}
		o.remove(c)
	}
	if meta.dying && len(o.posts) == 0 {
		c.wrote, c.destroy = true, true
	}
}

// reserve keeps numbers from being used twice, whatever a crash undoes.
func (o *outbox) reserve() {
	if meta := &o.ca.meta; o.last >= meta.reserved {
		meta.reserved, meta.dirty = o.last+numbersAhead, true
	}
}

func (o *outbox) find(number uint64) *post {
	if i, ok := place(o.posts, number); ok {
		return o.posts[i]
	}
	return nil
}

// plan sets the next try; the earliest wins. Call with CA.mu held.
func (o *outbox) plan(at int64) {
	o.retryAt = earlier(o.retryAt, at)
	o.ca.wakeLocked(o.retryAt)
}

// Due keeps the CA in the due index while anything is on its way.
func (o *outbox) Due() int64 { return o.retryAt }

// AtStart has what lies here at a crash go out when the server starts, and not when its retry was due.
func (o *outbox) AtStart() bool { return len(o.posts) > 0 }

// Idle keeps the CA in memory as long.
func (o *outbox) Idle() bool { return len(o.posts) == 0 }

// release sends posts whose commit is durable.
func (o *outbox) release(fresh []*post) {
	var out []*post
	o.ca.mu.Lock()
	now := o.ca.rt.now()
	for _, p := range fresh {
		if p.stage == joined {
			p.stage = unsent
			out = o.lanes.add(p).take(now, out)
		}
	}
	o.ca.mu.Unlock()
	o.route(out)
}

// send hands over what was turned back, or is left from before a restart.
func (o *outbox) send() {
	var out []*post
	o.ca.mu.Lock()
	now := o.ca.rt.now()
	for _, l := range o.lanes {
		out = l.take(now, out)
	}
	o.ca.mu.Unlock()
	o.route(out)
}

func (o *outbox) route(out []*post) {
	for _, p := range out {
		if o.clear(p) {
			o.ca.rt.route(p.message(o.ca.name))
		}
	}
}

// clear tells whether the way to a post's receiver is still open; else the post goes back.
func (o *outbox) clear(p *post) bool {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	l, now := o.lanes[p.to], o.ca.rt.now()
	if p.stage != sent || l == nil {
		return false
	}
	if l.until > now {
		l.turnBack(p, now, 0)
		return false
	}
	return true
}

// arrived takes a receiver's word on a post.
func (o *outbox) arrived(p *post, err *wire.Error) {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	l := o.lanes[p.to]
	if o.ca.gone || p.stage != sent || l == nil {
		return
	}
	if err != nil && err != errFollows && passing(err.Code) {
		l.turnBack(p, o.ca.rt.now(), 1000*err.RetryAfter)
		o.plan(l.until)
		return
	}
	l.open()
	o.lanes.remove(p)
	switch {
	case o.dying || !p.wants(err):
		o.settle(p)
	case err == nil || err == errFollows:
		p.stage = delivered
	default:
		p.stage = delivered
		o.conclude(p, err) // there is nobody to send an answer
	}
}

// settle has a post removed soon. Call with CA.mu held.
func (o *outbox) settle(p *post) {
	p.stage = settled
	o.plan(o.ca.rt.now() + ackDelay)
}

// passing tells whether a receiver's error means that the message was not handled and should come again.
func passing(code wire.Code) bool {
	return code == wire.Overloaded || code == wire.Unavailable || code == wire.Quota || code == wire.Internal
}

// conclude answers a post in its receiver's stead. Call with CA.mu held.
func (o *outbox) conclude(p *post, err *wire.Error) {
	o.ca.box.add(&Message{Kind: p.kindOfAnswer(), From: p.to, To: o.ca.name, Method: p.then,
		answer: &answer{about: p.number, of: p.incarnation, method: p.method, err: err}})
	o.ca.rouse()
}

// awaits tells whether an Answer or an Undone speaks of a post of ours, not of a namesake's, and comes from where that went. A method of ours named by somebody
// else is never run.
func (o *outbox) awaits(m *Message) bool {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	p := o.find(m.answer.about)
	return p != nil && p.kind == Send && p.incarnation == m.answer.of && p.to == m.From && p.then == m.Method && p.stage != joined && p.stage != settled
}

// settled removes the post that an awaited Answer or Undone spoke of.
func (o *outbox) settled(m *Message) {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	if p := o.find(m.answer.about); p != nil {
		p.stage = settled
		o.removed = append(o.removed, p)
	}
}

// Tend removes what is settled, gives up what is too old, and tries again what was turned back.
func (o *outbox) Tend(now int64) {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	for _, p := range o.posts {
		switch {
		case p.stage == settled:
			o.removed = append(o.removed, p)
		case p.stage != joined && p.tooOld(now):
			o.giveUp(p, now)
		case p.stage == unsent:
			o.resend = true
		}
	}
	o.retryAt = 0
	for _, l := range o.lanes {
		if l.until > now {
			o.plan(l.until)
		}
	}
	if len(o.posts) > len(o.removed) {
		o.plan(now + lastRetry)
	}
}

// giveUp makes a dead letter of a post; its sender hears of it.
func (o *outbox) giveUp(p *post, now int64) {
	o.buried = append(o.buried, p)
	o.lanes.remove(p)
	if o.dying || !p.wants(errGivenUp) {
		p.stage = settled
		o.removed = append(o.removed, p)
		return
	}
	p.stage, p.created = delivered, now // its removal comes with the notice
	o.conclude(p, errGivenUp)
}

// Load takes a post that a restart has to send again.
func (o *outbox) Load(key, value []byte) error {
	p, err := parsePost(value)
	if err != nil {
		return err
	}
	p.number, p.box, p.incarnation, p.stage = keyNumber(key), o, o.ca.meta.incarnation, unsent
	o.posts = append(o.posts, p)
	o.lanes.add(p)
	o.bytes += len(p.args)
	o.retryAt = 1 // at once
	return nil
}
