package server

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/store"
)

// Options are what a Server is made of. The zero Options serve on a free port of the loopback address and keep data in the folder data.
type Options struct {
	Addr      string      // host:port to listen on, for Serve; 127.0.0.1:0 by default
	Data      string      // folder of the store and of the account key; "data" by default
	Dev       bool        // anybody may sign in as a guest of any name: for development only
	PublicURL string      // how the server is reached from outside; what it listens on by default
	Origins   []string    // pages of other origins that may use the API, as https://example.org; "*" for all
	TLS       *tls.Config // nil serves plain HTTP

	// OpenNetworks are those that CAs may call by Tx.Fetch although they are not public: private ones, loopback and so on are closed otherwise.
	OpenNetworks []netip.Prefix
	// AllowPrivatePeers opens loopback and private networks besides, for all outgoing calls: those of Tx.Fetch and those to the servers of peers. Link-local addresses and clouds' inner services
	// stay closed.
	AllowPrivatePeers bool

	Calls CallOptions // the ports of calls, and the ways to them

	Logger    *slog.Logger  // default: slog.Default
	Clock     clock.Clock   // default: the real one; tests bring their own
	Store     store.Store   // default: Pebble in Data; whoever brings one closes it
	Fatal     func(error)   // called when the store fails; default: log and end the process
	MaxCAs    int           // how many CAs an owner may have in all apps; 0 for any number
	IdleAfter time.Duration // how long a CA without work stays in memory; a minute by default
	MaxActive int           // how many CAs without work stay in memory until then; 1,000,000 by default. Of more, those go first that have had no work for longest
	DrainFor  time.Duration // how long Serve waits for requests under way when it stops; 10 s by default
	Ready     io.Writer     // Serve writes "listening on URL" here when it is ready; nil: os.Stdout

	shared     net.Listener  // that of Serve, which calls may share
	bodyWithin time.Duration // for each stretch of a request's body
	methodTime time.Duration // for a call of a map's method, 2 s by default
	methodCode string        // where their compiled interpreter is kept, a folder of Data by default
}

// CallOptions are the ports of calls, and the ways to them. The zero CallOptions work on one machine and in one network without further ado: media have a
// UDP port of the same host and number as Addr has (any free port where that one is taken), and share the TCP port of Addr itself with the relay and HTTP.
type CallOptions struct {
	Off  bool   // no calls: rooms refuse whoever enters
	Addr string // host:port of the one UDP port; the host and number of Options.Addr by default, or any free port there
	// TCPAddr is the host:port of TCP, for those who can't send UDP. By default it is the port that Serve listens on: connections of calls are told apart from HTTP by
	// their first bytes. Where there is a proxy before Serve, or no Serve, it is a port of its own: any free one of Addr's host. "off" for none.
	TCPAddr string
	// PublicIPs are the addresses at which clients reach these ports, at most one of each family, where they are not the machine's own: behind a NAT that maps them
	// one to one, as in most clouds.
	PublicIPs []netip.Addr
	TURN      TURNOptions
}

// TURNOptions are the relay for clients whose network lets nothing else through. The zero TURNOptions relay on the ports of calls, and to the media there only.
type TURNOptions struct {
	Off bool // no relay
	// Addr is the host:port of the relay by UDP. By default there is none, and the relay is asked by TCP: whoever can send UDP reaches media's own port, unless a network lets
	// only certain ports through, as 3478. It must not be the port of media.
	Addr string
	// URLs are relays elsewhere, instead of the server's own: like turn:turn.example.org:3478?transport=udp. They share Secret with this server and take credentials of
	// the form that coturn calls use-auth-secret.
	URLs   []string
	Secret []byte        // of the relay; made at random for the server's own
	TTL    time.Duration // for how long credentials open new relays; an hour by default, 12 h at most
	// OpenPeers are networks that members may reach through the server's own relay, besides its media: none, unless media are elsewhere.
	OpenPeers []netip.Prefix
}

// openNetworks are all that are not public and may be called.
func (o *Options) openNetworks() []netip.Prefix {
	if !o.AllowPrivatePeers {
		return o.OpenNetworks
	}
	return append(outgoing.Private(), o.OpenNetworks...)
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Data == "" {
		o.Data = "data"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.DrainFor == 0 {
		o.DrainFor = 10 * time.Second
	}
	if o.bodyWithin == 0 {
		o.bodyWithin = stretchWithin
	}
	return o
}
