package server

import (
	"bytes"
	"math"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"

	deterministic "github.com/wabgo/wab/internal/cbor"
)

// Values travel and are stored as deterministic CBOR (RFC 8949 §4.2). Field names follow cbor tags, json tags, then Go's names; instants are RFC 3339 texts.
// What is read back from the store was accepted once and must come back whatever it is: there the limits are wider, and a text may hold any bytes.
var (
	encoding  = must(encodeOptions().UserBufferEncMode())
	decoding  = must(decodeOptions(deterministic.MaxDepth, cbor.UTF8RejectInvalid).DecMode())
	restoring = must(decodeOptions(maxStateDepth, cbor.UTF8DecodeInvalid).DecMode())
)

// maxStateDepth bounds how deep state may nest.
const maxStateDepth = 1000

// decodeOptions bound nothing by number: lengths are bounded by the bytes that are there.
func decodeOptions(depth int, texts cbor.UTF8Mode) cbor.DecOptions {
	return cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  depth,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		UTF8:             texts,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}
}

func encodeOptions() cbor.EncOptions {
	o := cbor.CoreDetEncOptions()
	o.Time = cbor.TimeRFC3339Nano
	o.TagsMd = cbor.TagsForbidden
	return o
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// buffers are for encoding: what is encoded leaves as a copy of its size.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keepBuffer = 64 << 10

// marshal encodes a value that others will read, and refuses what they could not: a text that is not UTF-8, keys that are neither texts nor whole
// numbers, or what nests too deep.
func marshal(v any) ([]byte, error) {
	if err := bounded(v, maxTravelHops); err != nil {
		return nil, err
	}
	b, err := encode(v)
	if err == nil {
		err = deterministic.Check(b)
	}
	return b, err
}

func encode(v any) ([]byte, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= keepBuffer {
			b.Reset()
			buffers.Put(b)
		}
	}()
	if err := encoding.MarshalToBuffer(v, b); err != nil {
		return nil, err
	}
	return bytes.Clone(b.Bytes()), nil
}

// marshalAll encodes arguments as one array.
func marshalAll(args []any) ([]byte, error) {
	if args == nil {
		args = []any{}
	}
	return marshal(args)
}
