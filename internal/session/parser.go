package session

import "sync"

// A message is what a client has sent: a whole message or a control frame. op is that of a final frame, 0 if there is none yet.
type message struct {
	op      byte
	payload []byte // valid until the next one is asked for
}

// A parser takes a client's bytes apart, as they come. Between messages it holds nothing but itself; of a message that is not all there it
// keeps what has come, never more than the limit. The zero value with a limit is ready.
type parser struct {
	limit int // bytes of a message, over all its fragments

	head  [maxClientHeader]byte // of a frame that is cut within its header
	known int                   // bytes in it

	in     bool    // within a payload
	now    header  // its; length is what has not come yet
	op     byte    // of the message that is not finished, 0 if none is
	kept   *[]byte // of it; nil while nothing has to be kept
	aside  []byte  // of a control frame that is cut
	handed bool    // kept was given away as a whole message
	over   bool    // a close frame or a violation has come: nothing counts after it
}

// next takes bytes from b until something is whole, and returns what is left of b; a message without op says that all was taken. A payload that
// lies whole in b is handed on in place, unmasked.
func (p *parser) next(b []byte) (m message, rest []byte, bad *violation) {
	if p.handed {
		p.drop()
	}
	for !p.over && m.op == 0 {
		if !p.in {
			b, bad = p.header(b)
		}
		if !p.in || bad != nil {
			break
		}
		if m, b, bad = p.payload(b); p.in {
			break
		}
	}
	if bad != nil || m.op == opClose {
		p.over = true
		p.drop()
	}
	if p.over && m.op == 0 {
		b = nil
	}
	return m, b, bad
}

// header takes what belongs to a frame's header.
func (p *parser) header(b []byte) (rest []byte, bad *violation) {
	if b = p.headUpTo(2, b); p.known < 2 {
		return nil, nil
	}
	if bad = checkStart(p.head[:2], p.op != 0); bad != nil {
		return nil, bad
	}
	need := headerLength(p.head[:2])
	if b = p.headUpTo(need, b); p.known < need {
		return nil, nil
	}
	h, bad := parseHeader(p.head[:need])
	if bad != nil {
		return nil, bad
	}
	p.known = 0
	return b, p.enter(h)
}

// headUpTo has the first bytes of a header, as far as b has them.
func (p *parser) headUpTo(need int, b []byte) (rest []byte) {
	if p.known >= need {
		return b
	}
	n := copy(p.head[p.known:need], b)
	p.known += n
	return b[n:]
}

// enter begins with a payload.
func (p *parser) enter(h header) *violation {
	p.in, p.now = true, h
	if h.control() {
		return nil
	}
	if h.length > uint64(p.limit-p.size()) {
		return errTooBig
	}
	if p.op == 0 {
		p.op = h.first | bitFinal
	}
	return nil
}

// size is how much of the message has come in earlier frames.
func (p *parser) size() int {
	if p.kept == nil {
		return 0
	}
	return len(*p.kept)
}

// payload takes what belongs to a frame's payload. p.in tells afterwards whether more of it is to come.
func (p *parser) payload(b []byte) (m message, rest []byte, bad *violation) {
	n := int(min(uint64(len(b)), p.now.length))
	part := b[:n:n] // what follows is another frame's
	p.now.key = unmask(part, p.now.key)
	if p.now.length -= uint64(n); p.now.length > 0 {
		p.keep(part)
		return message{}, nil, nil
	}
	p.in = false
	m, bad = p.finish(part)
	return m, b[n:], bad
}

// finish is called with the last part of a frame.
func (p *parser) finish(part []byte) (m message, bad *violation) {
	switch {
	case p.now.control():
		if p.aside != nil {
			part = append(p.aside, part...)
			p.aside = nil
		}
		m = message{p.now.first, part}
		if m.op == opClose {
			bad = checkClose(part)
		}
	case !p.now.final():
		p.keep(part)
	case p.kept == nil:
		m = message{p.op, part}
		p.op = 0
	default:
		p.keep(part)
		m = message{p.op, *p.kept}
		p.op, p.handed = 0, true
	}
	return m, bad
}

// keep puts a part of a payload aside.
func (p *parser) keep(part []byte) {
	switch {
	case p.now.control():
		p.aside = append(p.aside, part...)
	case len(part) > 0:
		p.reserve(len(part))
		*p.kept = append(*p.kept, part...)
	}
}

// reserve makes room for n bytes, and for what the frame still brings, as far as that is not much more than what has come: what is only
// announced costs nothing.
func (p *parser) reserve(n int) {
	need, have := p.size()+n, 0
	if p.kept != nil {
		have = cap(*p.kept)
	}
	if need <= have {
		return
	}
	b := buffer(max(min(need+int(p.now.length), 4*need), min(2*have, p.limit)))
	if p.kept != nil {
		*b = append(*b, *p.kept...)
		p.drop()
	}
	p.kept = b
}

// drop gives back what the parser holds.
func (p *parser) drop() {
	if p.kept != nil && cap(*p.kept) == smallBuffer {
		*p.kept = (*p.kept)[:0]
		smallBuffers.Put(p.kept)
	}
	p.kept, p.aside, p.handed = nil, nil, false
}

// smallBuffer is how large the buffers are that messages share. Who needs more gets it for this message only.
const smallBuffer = 4 << 10

var smallBuffers = sync.Pool{New: func() any { b := make([]byte, 0, smallBuffer); return &b }}

// buffer has room for n bytes.
func buffer(n int) *[]byte {
	if n <= smallBuffer {
		return smallBuffers.Get().(*[]byte)
	}
	b := make([]byte, 0, n)
	return &b
}
