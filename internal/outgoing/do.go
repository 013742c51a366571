package outgoing

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/wabgo/wab/internal/wire"
)

// What may go wrong, as those who call may see it.
var (
	errClosed   = wire.Err(wire.NotAllowed, "This address is in a network that the server's operator has not opened.")
	errTime     = wire.Err(wire.Deadline, "No whole answer came in time.")
	errEnded    = wire.Err(wire.Unavailable, "The call was ended before an answer came.")
	errName     = wire.Err(wire.Unavailable, "The host's name could not be resolved.")
	errIdentity = wire.Err(wire.Unavailable, "The host could not show who it is: its certificate is not valid for this name.")
	errReach    = wire.Err(wire.Unavailable, "The host could not be reached, or broke the connection off.")
	errUpgrade  = wire.Err(wire.Unavailable, "The host answered in another protocol.")
	errHead     = wire.Err(wire.TooLarge, "The answer's headers have more than 64 KiB.")
	errLong     = wire.Err(wire.TooLarge, "The answer has more than 1 MiB.")
)

// do makes a call now.
func (c *Client) do(ctx context.Context, call *Call) (Answer, *wire.Error) {
	if err := call.Check(); err != nil {
		return Answer{}, err
	}
	timeout := call.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, flawed := call.request(ctx)
	if flawed != nil {
		return Answer{}, flawed
	}
	response, err := c.transport.RoundTrip(r) // unlike http.Client, it follows nobody
	if err != nil {
		return Answer{}, explain(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return Answer{}, errUpgrade // its body is the bare connection, which no deadline ends
	}
	return read(ctx, response)
}

// read takes an answer's body. What is longer costs the connection, and is not read.
func read(ctx context.Context, response *http.Response) (Answer, *wire.Error) {
	if response.ContentLength > MaxAnswer {
		return Answer{}, errLong
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	switch {
	case len(body) > MaxAnswer:
		return Answer{}, errLong
	case err != nil:
		return Answer{}, explain(ctx, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// explain says what went wrong without what only the operator should know.
func explain(ctx context.Context, err error) *wire.Error {
	var ours *wire.Error
	var name *net.DNSError
	var identity *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(ctx.Err(), context.Canceled):
		return errEnded
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
		return errTime
	case errors.As(err, &name):
		return errName
	case errors.As(err, &identity):
		return errIdentity
	case errors.As(err, &timeout) && timeout.Timeout():
		return errTime
	case strings.Contains(err.Error(), "response headers exceeded"): // net/http has no name for it
		return errHead
	}
	return errReach
}
