package server

import (
	"cmp"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// field is one of a struct as it is encoded: under its name, its own or one that it has from an embedded struct.
type field struct {
	name     string
	typ      reflect.Type
	optional bool // it may be left out
	never    bool // and is whenever it would be null
	tagged   bool
	number   bool // its name is a number, a key that is no text
	index    []int
}

// form is what a struct is encoded as.
type form int

const (
	asObject form = iota
	asTuple       // the option toarray
	asMap         // the option keyasint
)

// fieldsOf are a struct's fields, by the rules of its encoder, which are those of encoding/json: of several with one name the least deep counts, then the tagged one.
func fieldsOf(t reflect.Type) ([]field, form) {
	all := collect(t)
	slices.SortStableFunc(all, func(a, b field) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), cmp.Compare(untagged(a), untagged(b)))
	})
	var seen []field
	how := asObject
	for i := 0; i < len(all); {
		next := i + 1
		for next < len(all) && all[next].name == all[i].name {
			next++
		}
		if next == i+1 || len(all[i].index) < len(all[i+1].index) || all[i].tagged && !all[i+1].tagged {
			seen = append(seen, all[i])
			if all[i].number {
				how = asMap
			}
		}
		i = next
	}
	slices.SortFunc(seen, func(a, b field) int { return slices.Compare(a.index, b.index) })
	if f, ok := t.FieldByName("_"); ok && slices.Contains(strings.Split(f.Tag.Get("cbor"), ","), "toarray") {
		how = asTuple
	}
	return seen, how
}

func untagged(f field) int {
	if f.tagged {
		return 0
	}
	return 1
}

// level is an embedded struct whose fields count as those of the one around it.
type level struct {
	t     reflect.Type
	index []int
	may   bool // it is embedded by a pointer, which may be nil
}

// collect goes from the outside to the inside. Of a type that is embedded twice at one depth nothing counts, and deeper down it counts no more.
func collect(t reflect.Type) (all []field) {
	visited := map[reflect.Type]bool{}
	for now := []level{{t: t}}; len(now) > 0; {
		times := map[reflect.Type]int{}
		for _, l := range now {
			times[l.t]++
		}
		var next []level
		for _, l := range now {
			if times[l.t] > 1 || visited[l.t] {
				continue
			}
			visited[l.t] = true
			for i := range l.t.NumField() {
				f, inner := read(l, i)
				if f != nil {
					all = append(all, *f)
				}
				if inner != nil {
					next = append(next, *inner)
				}
			}
		}
		now = next
	}
	return all
}

// read is a field of a struct, or one more struct whose fields count, or neither.
func read(l level, i int) (*field, *level) {
	f := l.t.Field(i)
	if !travels(f) {
		return nil, nil
	}
	inner, may := f.Type, l.may
	for inner.Kind() == reflect.Pointer {
		inner, may = inner.Elem(), true
	}
	index := append(slices.Clone(l.index), i)
	if f.Anonymous && inner.Kind() == reflect.Struct && tag(f) == "" {
		return nil, &level{inner, index, may}
	}
	text, ok := f.Tag.Lookup("cbor")
	if !ok {
		text = f.Tag.Get("json")
	}
	name, _, _ := strings.Cut(text, ",")
	options := strings.Split(text, ",")[1:]
	zero, empty := slices.Contains(options, "omitzero"), slices.Contains(options, "omitempty")
	return &field{
		name: cmp.Or(name, f.Name), typ: f.Type, tagged: text != "", index: index,
		optional: l.may || zero || empty,
		never:    zero || empty && nullable(f.Type),
		number:   slices.Contains(options, "keyasint"),
	}, nil
}

var (
	typeMarshaler = reflect.TypeFor[cbor.Marshaler]()
	typeBig       = reflect.TypeFor[big.Int]()
	typeBinary    = reflect.TypeFor[interface{ MarshalBinary() ([]byte, error) }]()
)

// special is the TypeScript of types that their kind says nothing about.
func special(t reflect.Type) string {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return ""
	}
	switch to := reflect.PointerTo(t); {
	case t == typeTime:
		return "string"
	case t == typeBig:
		return "number | bigint" // of 64 bits, as all integers
	case to.Implements(typeMarshaler):
		return "unknown"
	case to.Implements(typeBinary), (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8:
		return "Uint8Array"
	}
	return ""
}
