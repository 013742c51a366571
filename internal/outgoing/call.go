package outgoing

import (
	"bytes"
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

// Limits of a call and of its answer.
const (
	MaxURL           = 8 << 10 // bytes
	MaxHeaders       = 64      // to send
	MaxHeaderBytes   = 16 << 10
	MaxBody          = 1 << 20 // to send
	MaxAnswerHeaders = 64 << 10
	MaxAnswer        = 1 << 20 // of a body to read

	DefaultTimeout = 30 * time.Second
	MaxTimeout     = 5 * time.Minute
)

// Call is a request to be made.
type Call struct {
	Method  string // GET if empty
	URL     string // absolute, http or https
	Header  http.Header
	Body    []byte
	Timeout time.Duration // of the whole call, its wait in line not counted; DefaultTimeout if 0, at most MaxTimeout
}

// Answer is what came back, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most MaxAnswer bytes, as they came: nothing is decompressed
}

// Check tells what is wrong with a call before anything is tried. Whether its host may be called is found out when it is connected to.
func (c *Call) Check() *wire.Error {
	u, err := c.target()
	if err != nil {
		return err
	}
	switch {
	case !token(c.method()) || c.method() == http.MethodConnect || c.method() == http.MethodTrace:
		return flaw("A request's method is GET, POST, PUT, PATCH, DELETE or the like.")
	case len(c.Body) > MaxBody:
		return wire.Err(wire.TooLarge, "A request's body has at most 1 MiB.")
	case c.Timeout < 0 || c.Timeout > MaxTimeout:
		return flaw("A request's timeout is at most 5 minutes.")
	case numeric(u.Hostname()):
		return flaw("A host that is a number is written as 192.0.2.1, or as [2001:db8::1].")
	}
	return c.checkHeader()
}

func flaw(message string) *wire.Error { return wire.Err(wire.BadRequest, message) }

func (c *Call) method() string {
	if c.Method == "" {
		return http.MethodGet
	}
	return c.Method
}

func (c *Call) target() (*url.URL, *wire.Error) {
	u, err := url.Parse(c.URL)
	switch {
	case len(c.URL) > MaxURL:
		return nil, wire.Err(wire.TooLarge, "A request's URL has at most 8 KiB.")
	case err != nil || u.Opaque != "":
		return nil, flaw("A request needs an absolute URL, like https://example.org/path.")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, flaw("A request's URL begins with https:// or http://.")
	case u.Hostname() == "" || len(u.Hostname()) > 253 || strings.Contains(u.Hostname(), "%"):
		return nil, flaw("A request's URL needs a host, like https://example.org/path.")
	case u.User != nil:
		return nil, flaw("A request's URL holds no password; set the header Authorization.")
	case !validPort(u):
		return nil, flaw("A request's port is a number from 1 to 65535.")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// numeric tells whether a host is a number in one of the forms that some resolvers take for an address: 2130706433, 0x7f.1, 0177.0.0.1. The connection's own check doesn't
// rely on it; the author hears of it at once.
func numeric(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	digits, hex := strings.CutPrefix(last, "0x")
	if hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// reserved are the headers that belong to the connection, not to the call.
var reserved = []string{
	"Connection", "Content-Length", "Expect", "Host", "Http2-Settings", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

func (c *Call) checkHeader() *wire.Error {
	count, size := 0, 0
	for key, values := range c.Header {
		for _, v := range values {
			count++
			size += len(key) + len(v)
			if !token(key) || !printable(v) {
				return flaw("A request's header has a name or a value that can't be sent.")
			}
		}
		if slices.Contains(reserved, http.CanonicalHeaderKey(key)) {
			return flaw("The header " + http.CanonicalHeaderKey(key) + " is set by the server itself.")
		}
	}
	if count > MaxHeaders || size > MaxHeaderBytes {
		return wire.Err(wire.TooLarge, "A request has at most 64 headers, of 16 KiB together.")
	}
	return nil
}

// token tells whether a text is a token of RFC 9110, 5.6.2, of 64 bytes at most.
func token(s string) bool {
	for _, b := range []byte(s) {
		letter := b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// printable tells whether a header's value has no control characters, which could begin another header.
func printable(s string) bool {
	for _, b := range []byte(s) {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// request is the call as net/http makes it.
func (c *Call) request(ctx context.Context) (*http.Request, *wire.Error) {
	u, flawed := c.target()
	if flawed != nil {
		return nil, flawed
	}
	r, err := http.NewRequestWithContext(ctx, c.method(), u.String(), bytes.NewReader(c.Body))
	if err != nil {
		return nil, flaw("This request can't be made.")
	}
	for key, values := range c.Header {
		r.Header[http.CanonicalHeaderKey(key)] = slices.Clone(values)
	}
	if len(r.Header["User-Agent"]) == 0 {
		r.Header.Set("User-Agent", "wab")
	}
	return r, nil
}
