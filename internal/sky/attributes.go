package sky

import (
	"strconv"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of attributes.
const (
	MaxBody       = 1 << 20   // bytes of a body, and of what it comes to in CBOR
	MaxQuery      = 64 << 10  // bytes of a query
	MaxAttributes = 256       // how many
	MaxName       = 256       // bytes of a name
	MaxValue      = 256 << 10 // bytes of a value in CBOR
	MaxDepth      = 24        // how deep arrays and objects nest in a value; less than cbor.MaxDepth, for attributes travel within other values
)

// Attributes are an event's: names, 1 to MaxName bytes of UTF-8, and values, each one item of what JSON can say.
type Attributes map[string]cbor.Raw

// AttributesOf takes attributes from a map of an author's, or null for none. A value becomes what a receiver on another server sees: bytes text in
// base64, a float without a fraction an integer, NaN and infinities null. What it takes can be sent: its JSON has at most MaxBody bytes. Errors are
// bad_request and too_large.
func AttributesOf(value cbor.Raw) (Attributes, *wire.Error) {
	if err := cbor.Check(value); err != nil {
		return nil, wire.Err(wire.BadRequest, "The attributes cannot be read: "+err.Error()+".")
	}
	r := cbor.NewReader(value)
	a := Attributes{}
	switch r.Kind() {
	case cbor.KindNull:
		return a, nil
	case cbor.KindMap:
	default:
		return nil, wire.Err(wire.BadRequest, "Attributes are a map of names to values.")
	}
	for range r.Map() {
		if r.Kind() != cbor.KindText {
			return nil, wire.Err(wire.BadRequest, "Attributes have names, and no numbers for them.")
		}
		if flaw := a.putOwn(r.Text(), r.Raw()); flaw != nil {
			return nil, flaw
		}
	}
	if a.Size() > MaxBody/10 && len(a.JSON()) > MaxBody { // nothing gets ten times as long in JSON
		return nil, wire.Err(wire.TooLarge, "The attributes are too large: "+strconv.Itoa(MaxBody)+" bytes of JSON are allowed.")
	}
	return a, nil
}

// putOwn adds a value of an author's as it would come back from JSON.
func (a Attributes) putOwn(name string, value cbor.Raw) *wire.Error {
	switch cbor.KindOf(value) {
	case cbor.KindText, cbor.KindUint, cbor.KindNint, cbor.KindBool, cbor.KindNull:
		return a.put(name, value)
	}
	j, err := jsoncbor.ToJSON(value)
	if err != nil {
		return wire.Err(wire.BadRequest, "The attribute "+show(name)+" cannot be sent: two keys of a map are alike as text.")
	}
	same, err := jsoncbor.FromJSON(j, 0)
	if err != nil {
		return wire.Err(wire.BadRequest, "The attribute "+show(name)+" cannot be said in JSON.")
	}
	return a.put(name, same)
}

// ParseAttributes reads what Encode wrote, and shares it. Limits are not checked again. The error is *wire.Error, internal.
func ParseAttributes(b []byte) (Attributes, error) {
	if err := cbor.Check(b); err != nil {
		return nil, wire.Err(wire.Internal, "Kept attributes cannot be read: "+err.Error()+".")
	}
	r := cbor.NewReader(b)
	n := r.Map()
	a := make(Attributes, n)
	for range n {
		name := r.Text()
		a[name] = r.Raw()
	}
	if err := r.Done(); err != nil {
		return nil, wire.Err(wire.Internal, "Kept attributes cannot be read: "+err.Error()+".")
	}
	return a, nil
}

// Encode is the attributes as one CBOR map, deterministic, for ParseAttributes. A nil value is null.
func (a Attributes) Encode() []byte {
	const head = 9 // bytes that one takes at most
	room := head
	for name, value := range a {
		room += 2*head + len(name) + len(value)
	}
	entries := make([]cbor.Entry, 0, len(a))
	keys := make([]byte, 0, room)
	for name, value := range a {
		from := len(keys)
		keys = cbor.AppendText(keys, name)
		entries = append(entries, cbor.Entry{Key: keys[from:], Value: orNull(value)})
	}
	out, _ := cbor.AppendMap(make([]byte, 0, room), entries)
	return out
}

func orNull(value cbor.Raw) cbor.Raw {
	if len(value) == 0 {
		return cbor.Raw(cbor.Null)
	}
	return value
}

// Size is how many bytes names and values take, to be compared with a limit.
func (a Attributes) Size() (n int) {
	for name, value := range a {
		n += len(name) + len(value)
	}
	return n
}

// JSON is the attributes as one JSON object, as ReadAttributes reads it; an empty one if a value was put in that is not one item.
func (a Attributes) JSON() []byte {
	out, err := jsoncbor.ToJSON(a.Encode())
	if err != nil {
		return []byte("{}")
	}
	return out
}

// Set gives an attribute a text.
func (a Attributes) Set(name, text string) { a[name] = cbor.AppendText(nil, text) }

// Text is an attribute's text, or its number in digits; empty where it is absent, null or anything else.
func (a Attributes) Text(name string) string { return textOf(a[name]) }

func textOf(value cbor.Raw) string {
	switch cbor.KindOf(value) {
	case cbor.KindText:
		r := cbor.NewReader(value)
		return r.Text()
	case cbor.KindUint, cbor.KindNint, cbor.KindFloat:
		digits, _ := jsoncbor.ToJSON(value)
		return string(digits)
	}
	return ""
}

// headers is an attribute that engines add to what they pass on: their caller's, and nobody's business.
const headers = "_headers"

// put adds an attribute if nothing is wrong with it.
func (a Attributes) put(name string, value cbor.Raw) *wire.Error {
	_, twice := a[name]
	switch {
	case name == headers:
		return nil
	case name == "":
		return wire.Err(wire.BadRequest, "An attribute has no name.")
	case twice:
		return wire.Err(wire.BadRequest, "The attribute "+show(name)+" comes twice.")
	case len(name) > MaxName:
		return wire.Err(wire.TooLarge, "The attribute "+show(name)+" has too long a name: "+strconv.Itoa(MaxName)+" bytes are allowed.")
	case len(value) > MaxValue:
		return wire.Err(wire.TooLarge, "The attribute "+show(name)+" is too large: "+strconv.Itoa(MaxValue)+" bytes are allowed.")
	case len(a) == MaxAttributes:
		return errTooMany
	case depth(value) > MaxDepth:
		return wire.Err(wire.BadRequest, "The attribute "+show(name)+" nests more than "+strconv.Itoa(MaxDepth)+" deep.")
	}
	a[name] = value
	return nil
}

var errTooMany = wire.Err(wire.TooLarge, "There are too many attributes: "+strconv.Itoa(MaxAttributes)+" are allowed.")

// show quotes a name for a message, and cuts a long one.
func show(name string) string {
	const enough = 64
	if len(name) > enough {
		return strconv.QuoteToASCII(name[:enough]) + "…"
	}
	return strconv.QuoteToASCII(name)
}

// depth is how deep a value nests: 0 for what holds nothing else.
func depth(value cbor.Raw) int {
	if k := cbor.KindOf(value); k != cbor.KindArray && k != cbor.KindMap {
		return 0
	}
	r := cbor.NewReader(value)
	return nesting(&r)
}

func nesting(r *cbor.Reader) (deepest int) {
	n := 0
	switch r.Kind() {
	case cbor.KindArray:
		n = r.Array()
	case cbor.KindMap:
		n = 2 * r.Map()
	default:
		r.Skip()
		return 0
	}
	for range n {
		deepest = max(deepest, nesting(r))
	}
	return deepest + 1
}
