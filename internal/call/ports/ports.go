package ports

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// Options tell which ports there are.
type Options struct {
	UDP   string // host:port of media; port 0 takes any
	Relay string // host:port of the relay by UDP; "" for none. Not media's: see the package
	// TCP is the host:port of a TCP port for calls alone; "" for none.
	TCP string
	// Shared is a TCP listener that HTTP is served on, too, instead of TCP: from then on HTTP's connections come from Ports.HTTP. Ports closes it.
	Shared net.Listener
}

// Ports are open ports. Close closes them.
type Ports struct {
	udp    *net.UDPConn
	relay  *relayConn // nil without
	sorter *sorter    // nil without TCP

	mu     sync.Mutex
	closed bool
}

// socketBuffer is what the system may hold of datagrams, each way: a picture to many is a burst.
const socketBuffer = 4 << 20

// What Open fails with when a UDP port can't be had.
var (
	ErrUDP   = errors.New("the UDP port of calls can't be opened")
	ErrRelay = errors.New("the relay's UDP port can't be opened")
)

// Open opens the ports. It closes nothing that it was given when it fails.
func Open(o Options) (*Ports, error) {
	at, err := net.ResolveUDPAddr("udp", o.UDP)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUDP, err)
	}
	udp, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUDP, err)
	}
	grow(udp)
	p := &Ports{udp: udp}
	if o.Relay != "" {
		if p.relay, err = openRelay(o.Relay); err != nil {
			return nil, errors.Join(fmt.Errorf("%w: %w", ErrRelay, err), p.Close())
		}
	}
	if err := p.openTCP(o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// grow has the system hold as much as it grants.
func grow(udp *net.UDPConn) {
	_ = udp.SetReadBuffer(socketBuffer)
	_ = udp.SetWriteBuffer(socketBuffer)
}

func (p *Ports) openTCP(o Options) error {
	l := o.Shared
	switch {
	case l == nil && o.TCP == "":
		return nil
	case l == nil:
		own, err := net.Listen("tcp", o.TCP)
		if err != nil {
			return fmt.Errorf("the TCP port of calls can't be opened: %w", err)
		}
		l = own
	}
	p.sorter = newSorter(l, o.Shared != nil)
	return nil
}

// UDP is the socket that media's engine reads. It offers Other what it reads.
func (p *Ports) UDP() *net.UDPConn { return p.udp }

// Relay is where the relay is asked by UDP; nil if there is no port for that.
func (p *Ports) Relay() net.PacketConn {
	if p.relay == nil {
		return nil // not a nil *relayConn in an interface
	}
	return p.relay
}

// MediaStreams are connections of media; nil without a TCP port.
func (p *Ports) MediaStreams() net.Listener { return p.lane(Media) }

// RelayStreams are connections of the relay; nil without a TCP port.
func (p *Ports) RelayStreams() net.Listener { return p.lane(TURN) }

// HTTP are the connections of HTTP of a shared port; nil if there is none. Closing it closes the port.
func (p *Ports) HTTP() net.Listener { return p.lane(HTTP) }

func (p *Ports) lane(k Kind) net.Listener {
	if p.sorter == nil || p.sorter.lanes[k] == nil {
		return nil // not a nil *lane in an interface
	}
	return p.sorter.lanes[k]
}

// Close closes the ports, and waits for what runs here.
func (p *Ports) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return nil
	}
	err := unlessClosed(p.udp.Close())
	if p.relay != nil {
		err = errors.Join(err, unlessClosed(p.relay.Close()))
	}
	if p.sorter != nil {
		err = errors.Join(err, p.sorter.close())
	}
	return err
}

// unlessClosed forgets that something was closed already, by who used it.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
