package outgoing

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

// How many calls there are at a time, where Options say nothing.
const (
	defaultTotal    = 256
	defaultPerHost  = 16
	defaultPerOwner = 32
)

// Options are what a Client is made of. The zero Options are the limits that the package names, and no network opened.
type Options struct {
	Open     []netip.Prefix // networks that may be called although they are not public
	TLS      *tls.Config    // nil: the system's roots
	Resolver *net.Resolver  // nil: the system's
	Total    int            // calls at a time
	PerHost  int            // of them to one host and port
	PerOwner int            // of them of one owner
}

// Client makes calls. It may be used by many goroutines at once.
type Client struct {
	open      networks
	resolver  *net.Resolver
	transport *http.Transport
	queue     *queue
	ctx       context.Context
	cancel    context.CancelFunc
}

const (
	connectWithin   = 10 * time.Second
	keepConnection  = 30 * time.Second
	keepConnections = 128
)

// New makes a Client. Close ends it.
func New(o Options) *Client {
	c := &Client{open: o.Open, resolver: o.Resolver, queue: newQueue(o)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.transport = &http.Transport{
		DialContext:            c.dial,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    connectWithin,
		DisableCompression:     true,
		MaxIdleConns:           keepConnections,
		MaxIdleConnsPerHost:    cmp.Or(o.PerHost, defaultPerHost),
		IdleConnTimeout:        keepConnection,
		MaxResponseHeaderBytes: MaxAnswerHeaders,
		Protocols:              new(http.Protocols),
	}
	c.transport.Protocols.SetHTTP1(true)
	return c
}

// dial connects to the first of a host's addresses that is allowed and answers.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	tried, refused := false, false
	var mu sync.Mutex // addresses are tried at the same time
	d := net.Dialer{Timeout: connectWithin, Resolver: c.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		allowed := c.allowed(address)
		mu.Lock()
		defer mu.Unlock()
		tried, refused = tried || allowed, refused || !allowed
		if !allowed {
			return errClosed
		}
		return nil
	}}
	conn, err := d.DialContext(ctx, network, address)
	mu.Lock()
	defer mu.Unlock()
	if err != nil && refused && !tried {
		return nil, errClosed
	}
	return conn, err
}

// allowed is asked with an address that is about to be connected to.
func (c *Client) allowed(address string) bool {
	a, err := netip.ParseAddrPort(address)
	return err == nil && c.open.allows(a.Addr())
}

// Start makes a call in its turn, on behalf of an owner, and hands done what came of it, on a goroutine of the Client's. Cancel ends it: then done is called with an error,
// with an answer that came at the same time, or, for a call that has not begun, not at all. After Close nothing begins.
func (c *Client) Start(owner string, call Call, done func(Answer, *wire.Error)) (cancel func()) {
	ctx, cancelCall := context.WithCancel(c.ctx)
	j := &job{owner: owner, host: call.host(), run: func() {
		defer cancelCall()
		done(c.do(ctx, &call))
	}}
	c.begin(c.queue.add(j))
	return func() {
		c.queue.remove(j)
		cancelCall()
	}
}

func (c *Client) begin(jobs []*job) {
	for _, j := range jobs {
		go func() {
			defer c.queue.running.Done()
			j.run()
			c.begin(c.queue.finished(j))
		}()
	}
}

// Do makes a call in its turn and waits for what comes of it, or for the context's end.
func (c *Client) Do(ctx context.Context, owner string, call Call) (Answer, *wire.Error) {
	type outcome struct {
		answer Answer
		err    *wire.Error
	}
	out := make(chan outcome, 1)
	defer c.Start(owner, call, func(a Answer, err *wire.Error) { out <- outcome{a, err} })()
	select {
	case o := <-out:
		return o.answer, o.err
	case <-ctx.Done():
		return Answer{}, errTime
	case <-c.ctx.Done():
		return Answer{}, errEnded
	}
}

// Idle tells whether no call is under way and none waits.
func (c *Client) Idle() bool { return c.queue.idle() }

// Close ends all calls, with an error for those under way, and returns when they have ended.
func (c *Client) Close() {
	c.queue.close()
	c.cancel()
	c.queue.running.Wait()
	c.transport.CloseIdleConnections()
}
