package fetch

import (
	"strings"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// Carrier serves the calls to URLs of a scheme in the process, as the outgoing client does those of http and https: from is the CA that asks. It returns at once, and calls done once, from any
// goroutine, also before it returns. Cancel, which may be nil, is called when nobody waits any more, also after done. What has not been answered within the call's Timeout is tried again. Its errors
// count as the client's do: Unavailable and Deadline pass, others are final. The same call may come more than once, with the same Idempotency-Key.
type Carrier func(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func())

var (
	errCarrierSlow = wire.Err(wire.Deadline, "No whole answer came in time.")
	errLongURL     = wire.Err(wire.TooLarge, "A request's URL has at most 8 KiB.")
)

// Carry has a carrier serve a scheme ("sky"), for what is asked by Ask. It is called before the first CA is.
func (f *Fetches) Carry(scheme string, c Carrier) { f.carriers[scheme] = c }

// carrier is who serves a URL, nil if that is the client.
func (f *Fetches) carrier(url string) Carrier {
	scheme, _, _ := strings.Cut(url, ":")
	return f.carriers[scheme]
}

// checkAsk is Call.Check for a URL that may be a carrier's, who knows best what it may be.
func (f *Fetches) checkAsk(call outgoing.Call) *wire.Error {
	if f.carrier(call.URL) != nil {
		if len(call.URL) > outgoing.MaxURL {
			return errLongURL
		}
		call.URL = "https://carrier.invalid/"
	}
	return call.Check()
}

// carry gives a call to a carrier, for as long as the call may take.
func (f *Fetches) carry(c Carrier, from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	timer := f.clock.AfterFunc(call.Timeout, func() { done(outgoing.Answer{}, errCarrierSlow) })
	end := c(from, call, func(a outgoing.Answer, err *wire.Error) {
		timer.Stop()
		done(a, err)
	})
	return func() {
		timer.Stop()
		if end != nil {
			end()
		}
	}
}
