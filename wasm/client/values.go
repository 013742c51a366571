package client

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/wabgo/wab/internal/link"
)

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	enc := cbor.CoreDetEncOptions()
	enc.Time = cbor.TimeRFC3339Nano
	e, err := enc.EncMode()
	if err != nil {
		panic(err)
	}
	d, err := cbor.DecOptions{
		DefaultMapType: reflect.TypeFor[map[string]any](), IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return e, d
}

// Decode decodes a value: of a note, or of a part that was decoded as cbor.RawMessage. Structs follow their cbor or json tags.
func Decode(value []byte, into any) error { return decoding.Unmarshal(value, into) }

func encodeArgs(args []any) ([]byte, error) {
	if args == nil {
		args = []any{}
	}
	b, err := encoding.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("client: the arguments can't be encoded: %w", err)
	}
	return b, nil
}

func decodeAnswer(e link.Event, result any) error {
	if e.Err != nil {
		return e.Err
	}
	if result == nil {
		return nil
	}
	if err := Decode(e.Data, result); err != nil {
		return fmt.Errorf("client: the method ran, but its result does not fit: %w", err)
	}
	return nil
}

// deadlineOf is ctx's deadline on the link's clock, 0 for none.
func deadlineOf(ctx context.Context, now int64) int64 {
	at, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(now+time.Until(at).Microseconds(), 1)
}
