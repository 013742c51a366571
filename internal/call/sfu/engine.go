package sfu

import (
	"log/slog"
	"net"
	"net/netip"

	"github.com/pion/transport/v4"
)

// Options of an Engine.
type Options struct {
	UDP       string         // address of the one UDP port that all media use; ":0" takes any
	TCP       string         // address of the ICE-TCP port; "" none
	UDPConn   net.PacketConn // used and closed instead of UDP: a port that answers STUN and TURN, too, hands on what is media's
	Listener  net.Listener   // used and closed instead of TCP, likewise
	PublicIPs []netip.Addr   // addresses at which members reach the ports, where they are not the machine's own
	Loopback  bool           // offer loopback addresses, too: for tests and for one machine
	Members   int            // members a room, 0 for DefaultMembers
	Log       *slog.Logger   // nil: silent
	Net       transport.Net  // nil: the machine's network
}

// DefaultMembers is how many members a room has at most, unless Options say otherwise; MaxTracks how many tracks each may publish.
const (
	DefaultMembers = 64
	MaxTracks      = 4
)

// Stats are what an Engine carries now and has carried so far.
type Stats struct {
	Rooms, Peers, Tracks, Forwards int
	PacketsIn, PacketsOut          uint64
	BytesIn, BytesOut              uint64
	Repaired, KeyframeRequests     uint64
}

// Engine carries the media of all rooms of a server over one UDP port and one TCP port.
type Engine struct{}

// New binds the ports.
func New(o Options) (*Engine, error) { return nil, nil }

// UDPAddr is where media arrive by UDP.
func (e *Engine) UDPAddr() net.Addr { return nil }

// TCPAddr is where media arrive by TCP; nil when that is off.
func (e *Engine) TCPAddr() net.Addr { return nil }

// Stats tells what is carried.
func (e *Engine) Stats() Stats { return Stats{} }

// Close ends all rooms and frees the ports.
func (e *Engine) Close() error { return nil }
