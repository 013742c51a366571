package session

import (
	"log/slog"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Bus takes requests of clients. It must not block; the Request's Reply is called exactly once.
type Bus interface{ Request(bus.Request) }

// Authenticator tells whose token it is, and what it is narrowed to. Errors should be *wire.Error; others become unauthenticated.
type Authenticator interface {
	Verify(token string) (owner string, scope policy.Scope, err error)
}

// DefaultMaxConns is how many connections a Server has at most, where nothing else is asked for.
const DefaultMaxConns = 100_000

// DefaultDrainPatience is how long a server that ends waits for somebody who takes nothing of what is left for them.
const DefaultDrainPatience = 1500 * time.Millisecond

// Options are what a Server needs, and its limits. Zero limits mean the defaults.
type Options struct {
	Bus     Bus
	Auth    Authenticator
	Clock   clock.Clock  // default: the real one
	Log     *slog.Logger // default: slog.Default
	Build   string       // told to clients
	Origins []string     // pages of other origins that may connect, as https://example.org; "*" for all

	MaxFrame          int           // bytes a client may send at once; 1 MiB
	MaxBody           int           // bytes of a JSON body; 8 MiB
	MaxInflight       int           // requests a channel; 256
	MaxChannels       int           // a connection; 256
	MaxQueue          int           // bytes waiting to be written to a connection; 2 MiB
	MaxNoteBytes      int           // bytes of notes a session keeps; 256 KiB
	MaxConns          int           // connections; DefaultMaxConns
	MaxOwnerConns     int           // connections of one owner; 1,000
	MaxCalls          int           // HTTP requests at a time; 10,000
	MaxOwnerCalls     int           // HTTP requests of one owner at a time; 256
	MaxOwnerSessions  int           // sessions of one owner, those that are away included, which make room; 1,000
	MaxOwnerAwayBytes int           // what is kept of one owner's sessions that are away, 1 KiB for each and its notes; 16 MiB
	MaxAwayBytes      int           // the same, of all owners; 128 MiB
	KeepAway          time.Duration // how long a session outlives its connection; 2 min
	HelloWithin       time.Duration // 10 s
	DeadAfter         time.Duration // silence that ends a connection; 45 s
	WriteWithin       time.Duration // for each 64 KiB of a write; 15 s
	DrainPatience     time.Duration // a client is cut off by Drain that has all its answers and takes nothing, or does not close, for so long; DefaultDrainPatience
	DrainSpread       time.Duration // clients are asked to come back spread over this; 2 s
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, d := range []struct {
		v    *int
		unit int
	}{
		{&o.MaxFrame, wire.MaxFrame}, {&o.MaxBody, 8 << 20}, {&o.MaxInflight, wire.MaxInflight}, {&o.MaxChannels, wire.MaxChannels},
		{&o.MaxQueue, 2 << 20}, {&o.MaxNoteBytes, 256 << 10}, {&o.MaxConns, DefaultMaxConns}, {&o.MaxOwnerConns, 1000}, {&o.MaxCalls, 10_000}, {&o.MaxOwnerCalls, 256}, {&o.MaxOwnerSessions, 1000},
		{&o.MaxOwnerAwayBytes, 16 << 20}, {&o.MaxAwayBytes, 128 << 20},
	} {
		if *d.v == 0 {
			*d.v = d.unit
		}
	}
	for _, d := range []struct {
		v    *time.Duration
		unit time.Duration
	}{
		{&o.KeepAway, 2 * time.Minute}, {&o.HelloWithin, 10 * time.Second}, {&o.DeadAfter, 45 * time.Second},
		{&o.WriteWithin, 15 * time.Second}, {&o.DrainSpread, 2 * time.Second}, {&o.DrainPatience, DefaultDrainPatience},
	} {
		if *d.v == 0 {
			*d.v = d.unit
		}
	}
	return o
}
