package cbor

import (
	"math"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"
)

// The peer decodes and encodes our subset as another implementation sees it.
var peerDecode, peerEncode = func() (cbor.DecMode, cbor.EncMode) {
	dec, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: MaxDepth + 2,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return dec, enc
}()

// readValue decodes an item to the Go values that the peer uses for any.
func readValue(r *Reader) any {
	switch r.Kind() {
	case KindBool:
		return r.Bool()
	case KindUint:
		return r.Uint()
	case KindNint:
		return r.Int()
	case KindFloat:
		return r.Float()
	case KindText:
		return r.Text()
	case KindBytes:
		return append([]byte{}, r.Bytes()...)
	case KindArray:
		return readArray(r)
	case KindMap:
		return readMap(r)
	}
	r.Null()
	return nil
}

func readArray(r *Reader) any {
	out := make([]any, r.Array())
	for i := range out {
		out[i] = readValue(r)
	}
	return out
}

func readMap(r *Reader) any {
	out := map[any]any{}
	for n := r.Map(); n > 0; n-- {
		key := readValue(r)
		out[key] = readValue(r)
	}
	return out
}

// appendValue encodes what readValue returns.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return AppendNull(dst)
	case bool:
		return AppendBool(dst, v)
	case uint64:
		return AppendUint(dst, v)
	case int64:
		return AppendInt(dst, v)
	case float64:
		return AppendFloat(dst, v)
	case string:
		return AppendText(dst, v)
	case []byte:
		return AppendBytes(dst, v)
	case []any:
		dst = AppendArrayHeader(dst, len(v))
		for _, item := range v {
			dst = appendValue(dst, item)
		}
		return dst
	case map[any]any:
		var entries []Entry
		for k, item := range v {
			entries = append(entries, Entry{appendValue(nil, k), appendValue(nil, item)})
		}
		out, ok := AppendMap(dst, entries)
		if !ok {
			panic("duplicate key")
		}
		return out
	}
	panic("not a value of the subset")
}

// same compares values, and takes NaN for itself.
func same(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && string(a) == string(b)
	case float64:
		b, ok := b.(float64)
		return ok && (math.Float64bits(a) == math.Float64bits(b) || a != a && b != b)
	case []any:
		b, ok := b.([]any)
		ok = ok && len(a) == len(b)
		for i := 0; ok && i < len(a); i++ {
			ok = same(a[i], b[i])
		}
		return ok
	case map[any]any:
		b, ok := b.(map[any]any)
		ok = ok && len(a) == len(b)
		for k, v := range a {
			other, there := b[k]
			ok = ok && there && same(v, other)
		}
		return ok
	}
	return a == b
}

// anyValue draws values of the subset.
func anyValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Uint64().AsAny(),
		rapid.Int64Range(math.MinInt64, -1).AsAny(),
		anyFloat().AsAny(),
		rapid.String().AsAny(),
		rapid.SliceOf(rapid.Byte()).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	key := rapid.OneOf(rapid.String().AsAny(), rapid.Uint64().AsAny(), rapid.Int64Range(math.MinInt64, -1).AsAny())
	inner := rapid.Deferred(func() *rapid.Generator[any] { return anyValue(depth - 1) })
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(inner, 0, 5).AsAny(),
		rapid.MapOfN(key, inner, 0, 5).AsAny(),
	)...)
}

func anyFloat() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64(),
		rapid.Map(rapid.Float32(), func(f float32) float64 { return float64(f) }),
		rapid.Map(rapid.Uint16(), fromHalf),
		rapid.Map(rapid.Int32(), func(i int32) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.SmallestNonzeroFloat64, math.MaxFloat64}),
	)
}
