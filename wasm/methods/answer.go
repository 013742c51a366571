package main

import (
	"fmt"

	"github.com/wabgo/wab/internal/cbor"
)

// kind says how a request went.
type kind uint64

const (
	kindDone kind = iota
	kindSource
	kindMissing
	kindFailed
	kindSteps
	kindResult
	kindRequest
)

// failure is why a request has no result.
type failure struct {
	kind         kind
	message      string
	method       string
	line, column int
}

func (f *failure) Error() string { return f.message }

const (
	opCheck = 1
	opCall  = 2
	// maxMessage bounds an error's text: fail() takes any string.
	maxMessage = 4 << 10
)

// answerTo carries out one request. A panic of the interpreter becomes a failure: its state is not shared between requests.
func answerTo(request []byte, s snapshot, p *programs) (answer []byte) {
	defer func() {
		if r := recover(); r != nil {
			answer = (&failure{kind: kindFailed, message: clip(fmt.Sprint("the interpreter failed: ", r), maxMessage)}).encode(0)
		}
	}()
	r := cbor.NewReader(request)
	r.Array()
	switch op, name := r.Uint(), r.Text(); {
	case op == opCheck && r.Err() == nil:
		return answerCheck(&r, name, p)
	case op == opCall && r.Err() == nil:
		return answerCall(&r, name, s, p)
	}
	return malformed()
}

func malformed() []byte {
	return (&failure{kind: kindRequest, message: "the request is malformed"}).encode(0)
}

func answerCheck(r *cbor.Reader, name string, p *programs) []byte {
	source := r.Text()
	if r.Err() != nil {
		return malformed()
	}
	if _, err := p.compile(name, source); err != nil {
		return err.encode(0)
	}
	return done([]byte(cbor.Null), 0)
}

func answerCall(r *cbor.Reader, name string, s snapshot, p *programs) []byte {
	args, steps := r.Raw(), r.Uint()
	if r.Err() != nil || cbor.KindOf(args) != cbor.KindArray {
		return malformed()
	}
	c := newCall(s, p, steps)
	result, err := c.run(name, args)
	if err != nil {
		return err.encode(c.thread.Steps)
	}
	return done(result, c.thread.Steps)
}

func done(result []byte, steps uint64) []byte {
	b := cbor.AppendArrayHeader(make([]byte, 0, len(result)+16), 3)
	b = cbor.AppendUint(b, uint64(kindDone))
	b = append(b, result...)
	return cbor.AppendUint(b, steps)
}

func (f *failure) encode(steps uint64) []byte {
	b := cbor.AppendArrayHeader(nil, 3)
	b = cbor.AppendUint(b, uint64(f.kind))
	b = cbor.AppendArrayHeader(b, 4)
	b = cbor.AppendText(b, clip(f.message, maxMessage))
	b = cbor.AppendText(b, f.method)
	b = cbor.AppendInt(b, int64(f.line))
	b = cbor.AppendInt(b, int64(f.column))
	return cbor.AppendUint(b, steps)
}

// clip cuts what is too long. A character that it cuts in two becomes a replacement mark when it is encoded.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
