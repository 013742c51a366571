package client

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clocksync"
	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/wire"
)

// Options of a Client.
type Options struct {
	Token string // who we are
	// Renew gets a fresh token of the same owner, before the old one ends or after it was refused. Without it, refusal is final.
	Renew   func(context.Context) (string, error)
	OnState func(State)  // hears of every change of the connection
	Name    string       // free text for the server's log, at most 64 bytes
	HTTP    *http.Client // to dial with; default http.DefaultClient
}

// Status is where the connection stands.
type Status = link.Status

// The statuses that OnState tells.
const (
	Connecting = link.Connecting
	Resuming   = link.Resuming
	Live       = link.Live
	Offline    = link.Offline
	Refused    = link.Refused
	Stopped    = link.Stopped
)

// State is how the connection is.
type State struct {
	Status Status
	Reason error     // Offline and Refused: what the server said, if anything
	Next   time.Time // Offline: when the next attempt is; zero while a token is awaited
}

// Client is a connection to a server that lasts until Close. Its methods may be called from many goroutines.
type Client struct {
	url  string
	opt  Options
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup
	t0   time.Time
	todo *dispatcher

	mu       sync.Mutex
	link     *link.Link
	timer    *time.Timer
	wake     int64 // what the timer is set to
	pinged   int64 // when a ping was last sent for the clock
	watch    watch
	doubt    bool // the device has slept, and the server has not answered since
	doubted  int64
	sock     *socket
	calls    map[uint64]chan<- link.Event
	cas      map[uint32]*CA
	maps     *maps
	topics   *topics
	rooms    *rooms
	devices  map[*Device]bool
	features []feature // the three
	online   bool      // what they were told
	flawed   bool      // a frame made no sense to them
	clock    clocksync.Clock
	first    chan struct{} // closed once Dial can tell how it went
	ended    bool
}

// ErrClosed is what a closed Client answers.
var ErrClosed = errors.New("client: closed")

// Dial connects to a server, http(s)://host[:port] or the full address of its session endpoint. It returns once the server has
// welcomed us, with a *Error once it has refused us, or with ctx's error. Afterwards ctx does not matter.
func Dial(ctx context.Context, url string, opt Options) (*Client, error) {
	address, err := sessionURL(url)
	if err != nil {
		return nil, err
	}
	c := &Client{
		url: address, opt: opt, t0: time.Now(), todo: newDispatcher(),
		calls: make(map[uint64]chan<- link.Event), cas: make(map[uint32]*CA), devices: make(map[*Device]bool), first: make(chan struct{}),
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.link = link.New(link.Config{Client: opt.Name, Token: opt.Token, Renews: opt.Renew != nil, Seed: seed(), Run: rand.Text})
	c.maps, c.topics, c.rooms = newMaps(c), newTopics(c), newRooms(c)
	c.features = []feature{c.maps, c.topics, c.rooms}
	c.wg.Go(c.todo.run)
	c.do(func() { c.link.Start(c.now()) })
	select {
	case <-c.first:
	case <-ctx.Done():
		c.Close()
		return nil, ctx.Err()
	}
	if s := c.state(); s.Status == Refused {
		c.Close()
		return nil, s.Reason
	}
	return c, nil
}

// Owner is who the server says we are.
func (c *Client) Owner() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link.Owner()
}

// RetryNow connects at once if an attempt is waited for: the network came back.
func (c *Client) RetryNow() { c.do(func() { c.link.RetryNow(c.now()) }) }

// SetToken uses another token of the same owner from now on.
func (c *Client) SetToken(token string) { c.do(func() { c.link.SetToken(c.now(), token) }) }

// Close ends the connection and every call, and waits for all goroutines of the Client.
func (c *Client) Close() error {
	c.do(func() { c.link.Stop(c.now()) })
	c.mu.Lock()
	for _, f := range c.features {
		f.end()
	}
	c.ended = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	c.stop()
	c.todo.close()
	c.wg.Wait()
	return nil
}

// now is UTC in µs; it never goes back.
func (c *Client) now() int64 { return c.t0.UnixMicro() + time.Since(c.t0).Microseconds() }

func (c *Client) state() link.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link.State()
}

// do gives the link an input, and does what it asks for.
func (c *Client) do(input func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	input()
	c.drain()
}

// drain is called with mu held. It hands everything on; nothing in it waits.
func (c *Client) drain() {
	c.drainFeatures()
	for e, ok := c.link.Next(); ok; e, ok = c.link.Next() {
		c.handle(e)
		c.drainFeatures()
	}
	wake := sooner(c.link.Wake(), c.pace())
	for _, f := range c.features {
		wake = sooner(wake, f.wake())
	}
	if wake != c.wake {
		c.wake = wake
		c.setTimer(wake)
	}
}

// sooner is the earlier of two instants, where 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func (c *Client) setTimer(wake int64) {
	if c.timer != nil {
		c.timer.Stop()
	}
	if wake != 0 {
		wait := time.Duration(max(wake-c.now(), 0)) * time.Microsecond
		c.timer = time.AfterFunc(wait, func() {
			c.do(func() {
				c.wake = 0
				c.tickClock(c.now())
				c.link.Tick(c.now())
				for _, f := range c.features {
					f.tick()
				}
			})
		})
	}
}

func (c *Client) handle(e link.Event) {
	switch e.Kind {
	case link.Dial:
		c.sock = newSocket(e.Conn)
		s := c.sock
		c.wg.Go(func() { c.serve(c.ctx, s) })
	case link.HangUp:
		c.sock.hangUp()
	case link.Send:
		c.sock.push(e.Data)
	case link.Token:
		c.wg.Go(c.renew)
	case link.Changed:
		if e.State.Status == link.Resuming {
			c.pinged = c.now() // the link did
		}
		c.linked(e.State.Status)
		c.changed(e.State)
	case link.Answer:
		if answer := c.calls[e.Req]; answer != nil {
			delete(c.calls, e.Req)
			answer <- e // has room for it
		}
	case link.Note:
		c.cas[e.Ch].note(e)
	case link.Opened:
		c.cas[e.Ch].opened(e)
	case link.Closed:
		c.cas[e.Ch].closed(e)
	case link.Sample:
		c.compared(e)
	case link.Frame:
		c.received(e.Data)
	}
}

func (c *Client) changed(s link.State) {
	if s.Status == Live || s.Status == Refused {
		c.settled()
	}
	if s.Status == Refused {
		c.dismiss(s.Reason)
	}
	if c.opt.OnState == nil {
		return
	}
	out := State{Status: s.Status}
	if s.Reason != nil {
		out.Reason = s.Reason
	}
	if s.Next != 0 {
		out.Next = time.UnixMicro(s.Next)
	}
	c.todo.add(func() { c.opt.OnState(out) })
}

// dismiss ends all devices: the server wants none of us.
func (c *Client) dismiss(reason *wire.Error) {
	for d := range c.devices {
		if reason == nil {
			reason = wire.Err(wire.Unauthenticated, "The server refuses the connection.")
		}
		d.lost(reason)
	}
}

func (c *Client) settled() {
	select {
	case <-c.first:
	default:
		close(c.first)
	}
}

func (c *Client) renew() {
	token, err := c.opt.Renew(c.ctx)
	c.do(func() {
		if err != nil {
			c.link.NoToken(c.now(), wire.Err(wire.Unauthenticated, "No fresh token could be had; sign in again."))
			return
		}
		c.link.SetToken(c.now(), token)
	})
}

func seed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}
