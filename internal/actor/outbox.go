package actor

import (
	"cmp"
	"errors"
	"slices"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of what a CA may have on its way to others.
const (
	MaxOutbox      = 10_000  // messages not yet settled
	MaxOutboxBytes = 8 << 20 // of their arguments

	giveUpAfter  = 7 * 24 * 3600 * 1_000_000 // µs after which a message becomes a dead letter
	numbersAhead = 256                       // message numbers reserved by one write
	ackDelay     = 100_000                   // µs in which acknowledgements gather before their removal is written
	firstRetry   = 50_000                    // µs; doubles up to
	lastRetry    = 30_000_000
)

type outboxFeature struct{}

func (outboxFeature) Letter() byte        { return letterOutbox }
func (outboxFeature) NewPart(ca *CA) Part { return &outbox{ca: ca, last: ca.meta.reserved} }

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
	lanes   map[name.Name]*lane // receivers that turned a post back
	retryAt int64               // when the outbox has to be tended, 0 for never
}

// lane is the way to a receiver that can't take more now.
type lane struct {
	until   int64 // µs UTC
	backoff int64 // µs
}

// post is one message on its way.
type post struct {
	number  uint64
	to      name.Name
	kind    Kind // Send, Answer or Undone
	method  string
	args    []byte
	then    string // the sender's method that gets the answer
	notify  bool   // the sender wants to hear of a failure
	created int64  // µs UTC
	answer  *answer

	box         *outbox // of the sender; nil at a receiver in another process
	before      uint64  // the number of the post before it to the same receiver that may still be under way, 0 for none
	incarnation uint64  // of the sender
	stage       stage
}

// answer is what became of a Send.
type answer struct {
	about  uint64 // its number
	method string // its method
	result []byte
	err    *wire.Error
}

type stage uint8

const (
	joined    stage = iota // not durable yet
	unsent                 // or turned back
	sent                   // in the receiver's mailbox
	delivered              // settled there; an answer may follow
	settled                // to be removed
)

var errOutboxFull = errors.New("too many messages are on their way from this assistant; let some arrive first")

// Post sends a message when the transaction commits, and returns its number.
func (tx *Tx) Post(to name.Name, method string, args []byte) (number uint64, err error) {
	tx.Use(outboxFeature{}, func(p Part) { number, err = p.(*outbox).post(to, method, args, tx.started) })
	return number, err
}

// Then names the method that gets the answer to a message of this transaction: its result, its failure or its refusal.
func (tx *Tx) Then(number uint64, method string) {
	tx.Use(outboxFeature{}, func(p Part) {
		for _, fresh := range p.(*outbox).fresh {
			if fresh.number == number {
				fresh.then = method
			}
		}
	})
}

// Destroy removes the CA when the transaction commits; messages sent before still arrive.
func (tx *Tx) Destroy() {
	tx.Use(outboxFeature{}, func(p Part) {
		p.(*outbox).destroy = true
		tx.ca.timers().clear()
	})
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
	p := m.post
	if p.then == "" && (err == nil || !p.notify) {
		return
	}
	a := &answer{about: p.number, method: p.method, result: result, err: err}
	kind := Answer
	if p.then == "" {
		kind = Undone
	}
	o.add(&post{to: m.From, kind: kind, method: p.then, created: o.ca.rt.now(), answer: a})
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
	for _, p := range o.removed {
		c.Delete(HotKey(letterOutbox, big(p.number)...))
		o.drop(p)
	}
	for _, p := range o.fresh {
		o.bytes += len(p.args)
		o.posts = append(o.posts, p)
		c.Put(HotKey(letterOutbox, big(p.number)...), p.encode())
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

// bury ends a CA that was destroyed once its last message has arrived.
func (o *outbox) bury(c *Commit) {
	meta := &o.ca.meta
	if o.destroy {
		meta.dying, meta.dirty = true, true
		c.wrote = true
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

func (o *outbox) place(number uint64) (int, bool) {
	return slices.BinarySearchFunc(o.posts, number, func(p *post, n uint64) int { return cmp.Compare(p.number, n) })
}

func (o *outbox) drop(p *post) {
	if i, ok := o.place(p.number); ok {
		o.posts = slices.Delete(o.posts, i, i+1)
		o.bytes -= len(p.args)
	}
}

func (o *outbox) find(number uint64) *post {
	if i, ok := o.place(number); ok {
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

// Idle keeps the CA in memory as long.
func (o *outbox) Idle() bool { return len(o.posts) == 0 }

// release sends posts whose commit is durable.
func (o *outbox) release(fresh []*post) {
	o.ca.mu.Lock()
	for _, p := range fresh {
		p.stage = unsent
	}
	o.ca.mu.Unlock()
	o.send()
}

// send hands every unsent post to its receiver, in order. Behind one that is turned back, the others to that receiver wait.
func (o *outbox) send() {
	for _, p := range o.takeUnsent() {
		if o.clear(p) {
			o.ca.rt.route(p.message(o.ca.name))
		}
	}
}

// takeUnsent marks what may go now as sent, and tells each post which one goes before it.
func (o *outbox) takeUnsent() (out []*post) {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	now := o.ca.rt.now()
	under := map[name.Name]uint64{} // the last post to each receiver that is not known to have arrived
	for _, p := range o.posts {
		if l := o.lanes[p.to]; p.stage == unsent && (l == nil || l.until <= now) {
			p.stage, p.before = sent, under[p.to]
			out = append(out, p)
		}
		if p.stage < delivered {
			under[p.to] = p.number
		}
	}
	return out
}

// clear tells whether the way to a post's receiver is still open; else the post goes back.
func (o *outbox) clear(p *post) bool {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	if l := o.lanes[p.to]; l != nil && l.until > o.ca.rt.now() {
		p.stage = unsent
		return false
	}
	return true
}

func (p *post) message(from name.Name) *Message {
	return &Message{Kind: p.kind, From: from, To: p.to, Method: p.method, Args: p.args, post: p, answer: p.answer,
		Reply: func(_ []byte, err *wire.Error) { p.box.arrived(p, err) }}
}

// arrived takes a receiver's word on a post: final, or not now.
func (o *outbox) arrived(p *post, err *wire.Error) {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	if o.ca.gone || p.stage != sent {
		return
	}
	if err != nil && passing(err.Code) {
		p.stage = unsent
		o.block(p.to, 1000*err.RetryAfter)
		return
	}
	delete(o.lanes, p.to)
	p.stage = delivered
	switch {
	case p.kind != Send || (p.then == "" && (err == nil || !p.notify)):
		p.stage = settled
		o.plan(o.ca.rt.now() + ackDelay)
	case err != nil && err.Code == wire.NotFound:
		o.conclude(p, err) // there is nobody to send an answer
	}
}

// block closes the way to a receiver for a while, longer each time in a row. Call with CA.mu held.
func (o *outbox) block(to name.Name, atLeast int64) {
	now := o.ca.rt.now()
	l := o.lanes[to]
	switch {
	case l == nil:
		l = &lane{}
		if o.lanes == nil {
			o.lanes = map[name.Name]*lane{}
		}
		o.lanes[to] = l
	case l.until > now:
		return // turned back together with the one that closed it
	}
	l.backoff = min(max(2*l.backoff, firstRetry, atLeast), lastRetry)
	l.until = now + l.backoff
	o.plan(l.until)
}

// passing tells whether a receiver's error means that the message was not handled and should come again.
func passing(code wire.Code) bool {
	return code == wire.Overloaded || code == wire.Unavailable || code == wire.Quota || code == wire.Internal
}

// conclude answers a post in its receiver's stead. Call with CA.mu held.
func (o *outbox) conclude(p *post, err *wire.Error) {
	m := &Message{Kind: Answer, From: p.to, To: o.ca.name, Method: p.then, answer: &answer{about: p.number, method: p.method, err: err}}
	if p.then == "" {
		m.Kind = Undone
	}
	o.ca.box.force(m)
	o.ca.rouse()
}

// awaits tells whether an Answer or an Undone speaks of a post of ours, and comes from where that went. A method of ours named by somebody else is never run.
func (o *outbox) awaits(m *Message) bool {
	o.ca.mu.Lock()
	defer o.ca.mu.Unlock()
	p := o.find(m.answer.about)
	return p != nil && p.to == m.From && p.then == m.Method && p.stage != settled
}

// settled removes the post that an Answer or an Undone spoke of.
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
		case p.stage != joined && now-p.created > giveUpAfter:
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
	if p.kind != Send || (p.then == "" && !p.notify) {
		p.stage = settled
		o.removed = append(o.removed, p)
		return
	}
	p.stage, p.created = delivered, now // its removal comes with the notice
	o.conclude(p, wire.Err(wire.Unavailable, "the receiver could not be reached for seven days"))
}

// Load takes a post that a restart has to send again.
func (o *outbox) Load(key, value []byte) error {
	p, err := parsePost(value)
	if err != nil {
		return err
	}
	p.number, p.box, p.incarnation, p.stage = keyNumber(key), o, o.ca.meta.incarnation, unsent
	o.posts = append(o.posts, p)
	o.bytes += len(p.args)
	o.retryAt = 1 // at once
	return nil
}

const postFields = 11

func (p *post) encode() []byte {
	b := cbor.AppendArrayHeader(make([]byte, 0, 64+len(p.args)), postFields)
	b = cbor.AppendText(b, p.to.String())
	b = cbor.AppendUint(b, uint64(p.kind))
	b = cbor.AppendText(b, p.method)
	b = cbor.AppendBytes(b, p.args)
	b = cbor.AppendText(b, p.then)
	b = cbor.AppendBool(b, p.notify)
	b = cbor.AppendInt(b, p.created)
	a := p.answer
	if a == nil {
		a = &answer{}
	}
	b = cbor.AppendUint(b, a.about)
	b = cbor.AppendText(b, a.method)
	b = cbor.AppendBytes(b, a.result)
	return appendError(b, a.err)
}

func appendError(b []byte, e *wire.Error) []byte {
	if e == nil {
		return cbor.AppendNull(b)
	}
	b = cbor.AppendArrayHeader(b, 2)
	b = cbor.AppendText(b, string(e.Code))
	return cbor.AppendText(b, e.Message)
}

var errPost = errors.New("actor: a stored message is damaged")

func parsePost(value []byte) (*post, error) {
	r := cbor.NewReader(value)
	if r.Array() != postFields {
		return nil, errPost
	}
	to, err := name.Parse(r.Text())
	p := &post{to: to, kind: Kind(r.Uint()), method: r.Text(), args: r.Bytes(), then: r.Text(), notify: r.Bool(), created: r.Int()}
	a := &answer{about: r.Uint(), method: r.Text(), result: r.Bytes()}
	a.err = readError(&r)
	if p.kind != Send {
		p.answer = a
	}
	if r.Done() != nil || err != nil || p.kind >= kinds {
		return nil, errPost
	}
	return p, nil
}

func readError(r *cbor.Reader) *wire.Error {
	if r.Kind() == cbor.KindNull {
		r.Null()
		return nil
	}
	if r.Array() != 2 {
		return nil
	}
	return &wire.Error{Code: wire.Code(r.Text()), Message: r.Text()}
}
