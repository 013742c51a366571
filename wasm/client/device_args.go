package client

import (
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
)

// Args are the arguments of a command, and the circumstances that it runs in. Instants are by the server's clock, as it is known here.
type Args struct {
	Command  string
	Bundle   string        // its id
	Due      time.Time     // when it was to run
	Ran      time.Time     // when it began
	Bound    time.Duration // by how much Ran may be wrong
	Recovery bool          // it makes up for the rest of a bundle that did not run
	Method   string        // how the bundle's moment was found, "deadline" if it was not; empty where it has none
	Raw      []byte        // the arguments, one CBOR array: client.Decode makes an []any of it
}

func newArgs(e bundle.Event, ran, bound int64) Args {
	return Args{
		Command: e.Command.Name, Bundle: e.ID, Due: time.UnixMicro(e.Due).UTC(), Ran: time.UnixMicro(ran).UTC(),
		Bound: micros(bound), Recovery: e.Recovery, Method: e.Method, Raw: e.Command.Args,
	}
}

// micros is a duration, the longest there is for what goes beyond.
func micros(n int64) time.Duration {
	return time.Duration(min(n, int64(1<<63-1)/int64(time.Microsecond))) * time.Microsecond
}

// Len is how many arguments there are.
func (a Args) Len() int {
	r := cbor.NewReader(a.Raw)
	return r.Array()
}

// Decode decodes the arguments into pointers, one after the other. There may be more arguments than pointers, but not fewer.
func (a Args) Decode(into ...any) error {
	r := cbor.NewReader(a.Raw)
	if n := r.Array(); n < len(into) {
		return fmt.Errorf("client: the command %s takes %d arguments, not %d", a.Command, len(into), n)
	}
	for i, v := range into {
		if err := Decode(r.Raw(), v); err != nil {
			return fmt.Errorf("client: argument %d of the command %s does not fit: %w", i+1, a.Command, err)
		}
	}
	return nil
}
