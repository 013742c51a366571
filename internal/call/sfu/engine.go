package sfu

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"github.com/wabgo/wab/internal/wire"
)

// Options of an Engine.
type Options struct {
	UDP       string        // address of the one UDP port that all media use; ":0" takes any
	TCP       string        // address of the ICE-TCP port; "" none
	UDPConn   *net.UDPConn  // used and closed instead of UDP
	Listener  net.Listener  // used and closed instead of TCP
	PublicIPs []netip.Addr  // addresses at which members reach the ports, where they are not the machine's own
	Loopback  bool          // offer loopback addresses, too: for tests and for one machine
	Members   int           // members a room, 0 for DefaultMembers
	Log       *slog.Logger  // nil: silent
	Net       transport.Net // nil: the machine's network

	// Other sees what arrives by UDP first, and tells whether it has taken it: what is not media's, where others answer on the same port. It must neither wait nor keep b.
	Other func(b []byte, from netip.AddrPort) bool
}

// DefaultMembers is how many members a room has at most, unless Options say otherwise; MaxTracks how many tracks each may publish.
const (
	DefaultMembers = 64
	MaxTracks      = 4
)

// Engine carries the media of all rooms of a server over one UDP port and one TCP port.
type Engine struct {
	opt   Options
	api   *webrtc.API
	ports *ports
	count counters

	running sync.WaitGroup // all goroutines of all rooms

	mu     sync.Mutex
	rooms  map[*Room]struct{}
	closed bool
}

// New binds the ports.
func New(o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = silent()
	}
	if o.Members == 0 {
		o.Members = DefaultMembers
	}
	p, err := openPorts(o)
	if err != nil {
		return nil, err
	}
	api, err := newAPI(o, p)
	if err != nil {
		_ = p.close()
		return nil, err
	}
	return &Engine{opt: o, api: api, ports: p, rooms: map[*Room]struct{}{}}, nil
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// UDPAddr is where media arrive by UDP.
func (e *Engine) UDPAddr() net.Addr { return e.ports.udp.LocalAddr() }

// TCPAddr is where media arrive by TCP; nil when that is off.
func (e *Engine) TCPAddr() net.Addr {
	if e.ports.tcp == nil {
		return nil
	}
	return e.ports.tcp.Addr()
}

// Room makes a room; its owner closes it. After Engine.Close nobody can join it.
func (e *Engine) Room(o RoomOptions) *Room {
	r := newRoom(e, o)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		r.closed = true
		return r
	}
	e.rooms[r] = struct{}{}
	e.running.Go(func() { r.events.run(r.stop) })
	e.running.Go(r.pulse)
	return r
}

// spawn runs f on a goroutine that Close waits for; false where the engine is closed, and nothing begins any more. The caller holds no lock.
func (e *Engine) spawn(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.running.Go(f)
	}
	return !e.closed
}

func (e *Engine) forget(r *Room) {
	e.mu.Lock()
	delete(e.rooms, r)
	e.mu.Unlock()
}

// Close ends all rooms, waits for what runs in them, and frees the ports.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	rooms := make([]*Room, 0, len(e.rooms))
	for r := range e.rooms {
		rooms = append(rooms, r)
	}
	e.mu.Unlock()
	for _, r := range rooms {
		r.Close()
	}
	e.running.Wait()
	return e.ports.close()
}

func (e *Engine) log(p *Peer) *slog.Logger { return e.opt.Log.With("member", p.member) }

// Stats are what an Engine carries now and has carried so far.
type Stats struct {
	Rooms, Peers, Tracks, Forwards int    // now; a forward is a track on its way to one member
	PacketsIn, BytesIn             uint64 // RTP
	PacketsOut, BytesOut           uint64 // RTP, repairs included
	Repairs                        uint64 // packets that were sent again
	Keyframes                      uint64 // key frames that were asked for
	Estimates                      uint64 // of their lines, by receivers
	Failed                         uint64 // connections that failed
}

type counters struct {
	peers, tracks, forwards                                                         atomic.Int64
	packetsIn, bytesIn, packetsOut, bytesOut, repairs, keyframes, estimates, failed atomic.Uint64
}

// Stats tells what is carried.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	rooms := len(e.rooms)
	e.mu.Unlock()
	c := &e.count
	return Stats{
		Rooms: rooms, Peers: int(c.peers.Load()), Tracks: int(c.tracks.Load()), Forwards: int(c.forwards.Load()),
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(), PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		Repairs: c.repairs.Load(), Keyframes: c.keyframes.Load(), Estimates: c.estimates.Load(), Failed: c.failed.Load(),
	}
}

var errClosed = wire.Retry(wire.Unavailable, "This call has ended here; join it again.", 1000)
