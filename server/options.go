package server

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/wabgo/wab/internal/clock"
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

	Logger    *slog.Logger  // default: slog.Default
	Clock     clock.Clock   // default: the real one; tests bring their own
	Store     store.Store   // default: Pebble in Data; whoever brings one closes it
	Fatal     func(error)   // called when the store fails; default: log and end the process
	MaxCAs    int           // how many CAs an owner may have in all apps; 0 for any number
	IdleAfter time.Duration // how long a CA without work stays in memory; a minute by default
	DrainFor  time.Duration // how long Serve waits for requests under way when it stops; 10 s by default
	Ready     io.Writer     // Serve writes "listening on URL" here when it is ready; nil: os.Stdout
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
	return o
}
