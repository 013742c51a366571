package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

// home is a CA with a device, or one whose policy decides what its owner's devices hear.
type home struct{ N int }

var homeApp = server.App{Name: "home", New: func() server.CA { return new(home) }}

const (
	homeTopic  = "party"
	homeDevice = "buzzer"
	buzzFor    = 340 * time.Millisecond
	buzzRuns   = 2 // commands
)

// homePoster is who posts to the topic.
var homePoster = homeCA("poster", 0)

func homeCA(owner string, i int) name.Name {
	return name.Name{App: homeApp.Name, Owner: owner, Local: "home" + itoa(i)}
}

// Trust lets the poster's posts through.
func (h *home) Trust(tx *server.Tx) error {
	return tx.Allow(server.Principal(homePoster.String()), "OnPost")
}

// Join follows the topic on behalf of a device, and answers the device's token.
func (h *home) Join(tx *server.Tx) (string, error) {
	if err := h.Trust(tx); err != nil {
		return "", err
	}
	if err := tx.Subscribe(server.Forum(homeTopic), "OnPost"); err != nil {
		return "", err
	}
	return tx.Device(homeDevice).Token(0)
}

// OnPost has the device buzz at the instant that was posted.
func (h *home) OnPost(tx *server.Tx, m server.Message[int64]) error {
	b := server.NewBundle().Do("pin", true).After(buzzFor).Do("pin", false).Recover("pin", false)
	return tx.Device(homeDevice).RunAt(time.UnixMicro(m.Value), b)
}

// Post publishes an instant, µs, for CAs.
func (h *home) Post(tx *server.Tx, at int64) { tx.Publish(server.Forum(homeTopic), at) }

// PostBundle publishes a whole bundle for an instant, µs, for devices that follow the topic themselves.
func (h *home) PostBundle(tx *server.Tx, at int64) { tx.Publish(server.Forum(homeTopic), buzzAt(at)) }

// buzzAt is what OnPost gives its device.
func buzzAt(at int64) []byte {
	on, off := cbor.AppendBool(cbor.AppendArrayHeader(nil, 1), true), cbor.AppendBool(cbor.AppendArrayHeader(nil, 1), false)
	b := bundle.Bundle{
		ID: "post-" + strconv.FormatInt(at, 10), At: at, MaxBound: bundle.DefaultMaxBound,
		Commands: []bundle.Command{{Name: "pin", Args: on}, {After: buzzFor.Microseconds(), Name: "pin", Args: off}},
		Recovery: []bundle.Command{{Name: "pin", Args: off}},
	}
	return b.Append(nil)
}

// homes is a server with its bus at hand, so that many CAs are made fast.
type homes struct {
	*local
	dir  string
	http http.Server
	end  chan error
}

// homesIdle is how long a CA stays in memory: a device's is not, most of the time.
const homesIdle = 5 * time.Second

// homesRole is a whole server on the folder that is named.
func homesRole(_ context.Context, args []string) (*role, error) {
	l, err := openLocal(args[0], server.Options{IdleAfter: homesIdle}, pebblestore.Options{})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	h := &homes{local: l, dir: args[0], http: http.Server{Handler: l.server}, end: make(chan error, 1)}
	go func() { h.end <- ignoreClosed(h.http.Serve(listener)) }()
	return &role{ready: address{listener.Addr().String()}, answer: h.answer, close: h.close}, nil
}

func (h *homes) close() error { return errors.Join(h.local.close(), h.http.Close(), <-h.end) }

// answer makes CAs of so many owners, so many each, that have devices ("join", which leaves their tokens in a file) or trust the poster ("trust");
// tells how many CAs are in memory ("active"), and how large the process is ("resident").
func (h *homes) answer(ctx context.Context, command string, args []string) (any, error) {
	switch command {
	case "join", "trust":
		var owners, each int
		if _, err := fmt.Sscan(strings.Join(args, " "), &owners, &each); err != nil {
			return nil, err
		}
		if command == "join" {
			return nil, h.join(ctx, homesOf(owners, each))
		}
		return nil, h.ask(ctx, homesOf(owners, each), "Trust", func(int, []byte) {})
	case "active":
		return h.metric("wab_active_cas")
	case "resident":
		return residentBytes()
	}
	return nil, fmt.Errorf("unknown command %s", command)
}

// homesOf are so many CAs of each of so many owners.
func homesOf(owners, each int) (cas []name.Name) {
	for o := range owners {
		for i := range each {
			cas = append(cas, homeCA(homeOwner(o), i))
		}
	}
	return cas
}

func homeOwner(i int) string { return fmt.Sprintf("owner%06d", i) }

const homeTokens = "tokens"

func (h *homes) join(ctx context.Context, cas []name.Name) error {
	tokens := make([]string, len(cas))
	err := h.ask(ctx, cas, "Join", func(i int, result []byte) {
		r := cbor.NewReader(result)
		tokens[i] = r.Text()
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.dir, homeTokens), []byte(strings.Join(tokens, "\n")), 0o600)
}

// ask calls a method of every CA as its owner.
func (h *homes) ask(ctx context.Context, cas []name.Name, method string, take func(i int, result []byte)) error {
	const inFlight = 1024
	return load{inFlight, func(client int, done func(error)) func(int) {
		return func(n int) {
			i := client + n*inFlight
			reply := func(r bus.Reply) {
				if r.Err != nil {
					done(r.Err)
					return
				}
				take(i, r.Result)
				done(nil)
			}
			h.bus.Request(bus.Request{Caller: bus.Caller{Owner: cas[i].Owner}, To: cas[i], Method: method, Args: none, Reply: reply})
		}
	}}.each(ctx, len(cas))
}
