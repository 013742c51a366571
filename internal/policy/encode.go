package policy

import (
	"slices"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// ruleFields is the length of an encoded rule: deny, methods or null, kind, name or null, number.
const ruleFields = 5

// AppendRules appends the encoding of rules, one CBOR array of arrays. Equal rules have equal encodings.
func AppendRules(dst []byte, rs Rules) []byte {
	dst = cbor.AppendArrayHeader(dst, len(rs.list))
	for _, r := range rs.list {
		dst = appendRule(dst, r)
	}
	return dst
}

func appendRule(dst []byte, r Rule) []byte {
	dst = cbor.AppendBool(cbor.AppendArrayHeader(dst, ruleFields), r.Deny)
	if r.Methods == nil {
		dst = cbor.AppendNull(dst)
	} else {
		dst = cbor.AppendArrayHeader(dst, len(r.Methods))
		for _, m := range r.Methods {
			dst = cbor.AppendText(dst, m)
		}
	}
	dst = cbor.AppendUint(dst, uint64(r.Who.Kind))
	if r.Who.Name == (name.Name{}) {
		dst = cbor.AppendNull(dst)
	} else {
		dst = cbor.AppendText(dst, r.Who.Name.String())
	}
	return cbor.AppendUint(dst, r.Who.N)
}

// ParseRules reads what AppendRules wrote, and nothing else. Its error is *wire.Error, internal.
func ParseRules(b []byte) (Rules, error) {
	var rs Rules
	r := cbor.NewReader(b)
	n := r.Array()
	for range min(n, MaxRules+1) {
		var err error
		if rs, err = rs.Add(readRule(&r)); err != nil || r.Err() != nil {
			return Rules{}, damaged()
		}
	}
	// One value has one encoding: whatever is odd about the input shows here.
	if r.Done() != nil || string(AppendRules(nil, rs)) != string(b) {
		return Rules{}, damaged()
	}
	return rs, nil
}

func damaged() error {
	return wire.Err(wire.Internal, "The rules of this CA cannot be read. They are damaged, or of a later version.")
}

func readRule(r *cbor.Reader) Rule {
	var rule Rule
	if r.Array() != ruleFields {
		return Rule{}
	}
	rule.Deny = r.Bool()
	rule.Methods = readMethods(r)
	rule.Who.Kind = Kind(min(r.Uint(), 255))
	rule.Who.Name = readName(r)
	rule.Who.N = r.Uint()
	return rule
}

func readMethods(r *cbor.Reader) []string {
	if r.Kind() == cbor.KindNull {
		r.Null()
		return nil
	}
	var methods []string
	for range min(r.Array(), MaxMethods+1) {
		methods = append(methods, r.Text())
	}
	return slices.Clip(methods)
}

func readName(r *cbor.Reader) name.Name {
	if r.Kind() == cbor.KindNull {
		r.Null()
		return name.Name{}
	}
	n, err := name.Parse(r.Text())
	if err != nil {
		return name.Name{}
	}
	return n
}
