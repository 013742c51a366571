package jsoncbor

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// FromJSON encodes the one JSON value in b, with at most limit bytes; 0 is no limit. Errors are *wire.Error: bad_request, which says
// what is wrong and where, or too_large.
func FromJSON(b []byte, limit int) (cbor.Raw, error) {
	if !json.Valid(b) {
		return nil, syntaxError(b)
	}
	p := parser{in: b}
	out := p.value(make([]byte, 0, len(b)+8), 0)
	switch {
	case p.err != nil:
		return nil, p.err
	case limit > 0 && len(out) > limit:
		return nil, wire.Err(wire.TooLarge, "The JSON is too large: it takes "+strconv.Itoa(len(out))+" bytes, and "+strconv.Itoa(limit)+" are allowed.")
	}
	return out, nil
}

// A parser walks over JSON that is known to be valid, so that it only looks for where things begin.
type parser struct {
	in      []byte
	at      int
	err     *wire.Error
	scratch []byte
}

func (p *parser) fail(at int, what string) {
	if p.err == nil {
		p.err = wire.Err(wire.BadRequest, "The JSON cannot be used: "+what+" (at byte "+strconv.Itoa(at)+").")
	}
}

func syntaxError(b []byte) error {
	var p parser
	var none json.RawMessage
	at := 0
	if e, ok := json.Unmarshal(b, &none).(*json.SyntaxError); ok {
		at = int(e.Offset)
	}
	p.fail(at, "it is not well-formed, or there is more than one value")
	return p.err
}

// next is the first byte of what comes after white space.
func (p *parser) next() byte {
	for {
		switch c := p.in[p.at]; c {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return c
		}
	}
}

func (p *parser) value(dst []byte, depth int) []byte {
	switch c := p.next(); c {
	case '{', '[':
		if depth == cbor.MaxDepth {
			p.fail(p.at, "it nests more than "+strconv.Itoa(cbor.MaxDepth)+" deep")
		}
		if p.err != nil {
			return dst
		}
		p.at++
		if c == '{' {
			return p.object(dst, depth+1)
		}
		return p.array(dst, depth+1)
	case '"':
		return cbor.AppendText(dst, p.text())
	case 'n':
		p.at += len("null")
		return cbor.AppendNull(dst)
	case 't':
		p.at += len("true")
		return cbor.AppendBool(dst, true)
	case 'f':
		p.at += len("false")
		return cbor.AppendBool(dst, false)
	}
	return p.number(dst)
}

// more tells whether another item comes before the closing bracket, and passes what is between.
func (p *parser) more(closing byte) bool {
	c := p.next()
	if p.err != nil {
		return false
	}
	if c == closing || c == ',' {
		p.at++
	}
	return c != closing
}

// array encodes the items first, for their number is not known, and then puts the header before them.
func (p *parser) array(dst []byte, depth int) []byte {
	start, n := len(dst), 0
	for ; p.more(']'); n++ {
		dst = p.value(dst, depth)
	}
	p.scratch = append(p.scratch[:0], dst[start:]...)
	return append(cbor.AppendArrayHeader(dst[:start], n), p.scratch...)
}

func (p *parser) object(dst []byte, depth int) []byte {
	start, opened := len(dst), p.at-1
	var ends []int // of each key and of each value, in turn
	for p.more('}') {
		p.next()
		dst = cbor.AppendText(dst, p.text())
		ends = append(ends, len(dst)-start)
		p.next()
		p.at++ // the colon
		dst = p.value(dst, depth)
		ends = append(ends, len(dst)-start)
	}
	if p.err != nil {
		return dst
	}
	p.scratch = append(p.scratch[:0], dst[start:]...)
	out, ok := cbor.AppendMap(dst[:start], entries(p.scratch, ends))
	if !ok {
		p.fail(opened, "a key of this object comes twice")
	}
	return out
}

func entries(b []byte, ends []int) []cbor.Entry {
	out := make([]cbor.Entry, 0, len(ends)/2)
	from := 0
	for i := 0; i < len(ends); i += 2 {
		out = append(out, cbor.Entry{Key: b[from:ends[i]], Value: b[ends[i]:ends[i+1]]})
		from = ends[i+1]
	}
	return out
}

// text reads a string; what has escapes or is no UTF-8 is left to encoding/json.
func (p *parser) text() string {
	start := p.at
	p.at++
	plain := true
	for ; p.in[p.at] != '"'; p.at++ {
		if p.in[p.at] == '\\' {
			plain = false
			p.at++
		}
	}
	p.at++
	quoted := p.in[start:p.at]
	if s := quoted[1 : len(quoted)-1]; plain && utf8.Valid(s) {
		return string(s)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		p.fail(start, "a string is not well-formed")
	}
	return s
}

// exactly is up to where every whole number is a float.
const exactly = 1 << 53

func (p *parser) number(dst []byte) []byte {
	start := p.at
	for p.at < len(p.in) && bytes.IndexByte([]byte("+-.0123456789Ee"), p.in[p.at]) >= 0 {
		p.at++
	}
	digits := string(p.in[start:p.at])
	if v, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return cbor.AppendInt(dst, v)
	}
	if v, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return cbor.AppendUint(dst, v)
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(v, 0) {
		p.fail(start, "a number is out of range")
	}
	if v == math.Trunc(v) && math.Abs(v) <= exactly {
		return cbor.AppendInt(dst, int64(v)) // 1.0 and 1e3 are whole
	}
	return cbor.AppendFloat(dst, v)
}
