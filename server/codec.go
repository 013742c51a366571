package server

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Values travel and are stored as deterministic CBOR (RFC 8949 §4.2). Field names follow cbor tags, json tags, then Go's names; instants are RFC 3339 texts.
var (
	encoding = must(encodeOptions().UserBufferEncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:       cbor.DupMapKeyEnforcedAPF,
		IndefLength:     cbor.IndefLengthForbidden,
		TagsMd:          cbor.TagsForbidden,
		MaxNestedLevels: 32,
		UTF8:            cbor.UTF8RejectInvalid,
		DefaultMapType:  reflect.TypeFor[map[string]any](),
	}.DecMode())
)

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

func marshal(v any) ([]byte, error) {
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
