package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/call"
	"github.com/wabgo/wab/internal/call/ports"
	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/call/turn"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/discovery"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/methods"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/pubsub"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/web"
)

// Server hosts apps. It is an http.Handler, to be served by itself (Serve) or as a part of an existing server.
type Server struct {
	opt      Options
	log      *slog.Logger
	apps     []App
	gate     *bus.Gate
	effects  *effectsFeature
	devices  *deviceFeature
	store    *meter
	accounts *account.Accounts
	maps     *replica.Hub
	watches  *replica.Watches
	topics   *pubsub.Hub

	subscriptions *pubsub.Subscriptions

	outgoing *outgoing.Client
	fetches  *fetch.Fetches
	channels *channel.Channels
	finder   *discovery.Discovery

	ports      *ports.Ports // of calls; nil without
	relay      *turn.Server // nil without calls
	media      *sfu.Engine  // nil without calls
	calls      *call.Hub
	attendance *call.Attendance

	methods  *methods.Host
	runtime  *actor.Runtime
	begun    chan struct{} // closed when there is the runtime
	sessions *session.Server
	handler  http.Handler
	draining atomic.Bool
	bodies   bodies
	closers  []io.Closer // in the order of opening
}

// New opens the data folder and makes a server of apps. Its errors tell all methods that can't be called, and what is wrong with the folder. Close ends it.
func New(o Options, apps ...App) (*Server, error) {
	s := &Server{opt: o.withDefaults(), apps: apps, begun: make(chan struct{})}
	s.log = s.opt.Logger
	classes, err := s.classes()
	if err == nil {
		err = s.open()
	}
	if err != nil {
		return nil, errors.Join(err, s.closeAll())
	}
	s.gate = &bus.Gate{Clock: s.opt.Clock, Read: s.store.Get}
	s.effects = &effectsFeature{}
	s.methods = methods.New(methods.Options{
		Module: func() ([]byte, error) { return web.Read("methods.wasm") }, CacheDir: cmp.Or(s.opt.methodCode, filepath.Join(s.opt.Data, "methods")), Time: s.opt.methodTime,
	})
	s.maps = replica.New(replica.Options{
		Store: s.store, Judge: s.gate.Standing, Clock: s.opt.Clock, Log: s.log, IdleAfter: s.opt.IdleAfter,
	})
	s.devices.shows = s.maps.Shows
	s.watches = s.maps.Watches()
	s.topics = pubsub.New(pubsub.Options{
		Store: s.store, Judge: s.gate.Standing, Clock: s.opt.Clock, Log: s.log, IdleAfter: s.opt.IdleAfter,
	})
	s.subscriptions = s.topics.Subscriptions()
	s.outgoing = outgoing.New(outgoing.Options{Open: s.opt.openNetworks()})
	s.fetches = fetch.New(fetch.Options{Client: s.outgoing, Clock: s.opt.Clock, Key: s.accounts.Secret("fetch")})
	if err = s.openCalls(); err != nil {
		return nil, errors.Join(err, s.closeAll())
	}
	s.calls = call.New(call.Options{Maps: s.maps, Judge: s.gate.Standing, Media: s.media, ICE: s.iceServers, Key: s.accounts.Secret("call"), Clock: s.opt.Clock, Log: s.log})
	s.attendance = s.calls.Attendance(func(app string) bool { return classes[app].(*class).methods[call.OnCall] != nil })
	s.gate.Groups, s.gate.RulesChanged, s.gate.Ended = s.maps, s.maps.RulesChanged, s.maps.Ended
	s.openChannels(classes)
	s.runtime = actor.New(actor.Options{
		Store: s.store, Classes: classes, Gate: s.gate, Features: []actor.Feature{s.effects, s.devices, s.maps, s.watches, s.topics.Log(), s.subscriptions, s.fetches, s.attendance, s.channels},
		MaxCAs: s.opt.MaxCAs, CAs: s.cas,
		Clock: s.opt.Clock, Logger: s.log, IdleAfter: s.opt.IdleAfter, MaxActive: s.opt.MaxActive, Fatal: s.opt.Fatal,
	})
	close(s.begun)
	s.gate.Attach(s.runtime)
	s.topics.Attach(s.runtime)
	s.sessions = session.New(session.Options{
		Bus: bus.New(s.runtime), Auth: s.accounts, Clock: s.opt.Clock, Log: s.log, Build: web.BuildID(), Origins: s.opt.Origins,
		MaxConns: maxWebSockets(maxFiles(), s.log),
	})
	s.effects.notify = s.sessions.Notify
	s.maps.Serve(s.sessions, bus.New(s.runtime))
	s.topics.Serve(s.sessions, bus.New(s.runtime))
	s.calls.Serve(s.sessions, bus.New(s.runtime), s.runtime.Rouse)
	s.accounts.Changed(s.sessions.Recheck)
	s.accounts.Changed(s.calls.Recheck)
	s.handler = s.routes()
	if err = s.openCommons(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// cas lists CAs in the store. One that can't be asked for that can't be had with a limit of CAs.
func (s *Server) cas(prefix string, limit int, visit func(ca string) error) error {
	list, ok := s.store.Store.(interface {
		CAs(prefix string, limit int, visit func(ca string) error) error
	})
	if !ok {
		return errors.New("wab: this store can't list CAs, as MaxCAs needs")
	}
	return list.CAs(prefix, limit, visit)
}

func (s *Server) classes() (map[string]actor.Class, error) {
	if len(s.apps) == 0 {
		return nil, errors.New("wab: a server needs at least one app")
	}
	all := map[string]actor.Class{}
	var flaws []error
	for i := range s.apps {
		app := &s.apps[i]
		if all[app.Name] != nil {
			flaws = append(flaws, fail(app.Name, "two apps have this name"))
		}
		c, err := newClass(s, app)
		if err != nil {
			flaws = append(flaws, err)
			continue
		}
		all[app.Name] = c
	}
	return all, errors.Join(flaws...)
}

func (s *Server) open() error {
	inner := s.opt.Store
	if inner == nil {
		opened, err := pebblestore.Open(filepath.Join(s.opt.Data, "store"), pebblestore.Options{Logger: s.log, Fatal: s.opt.Fatal})
		if err != nil {
			return err
		}
		s.closers = append(s.closers, opened)
		inner = opened
	}
	s.store = &meter{Store: inner}
	s.devices = &deviceFeature{clock: s.opt.Clock, read: s.store.Get}
	accounts, err := account.Open(s.opt.Data, account.Options{
		Clock: s.opt.Clock, Dev: s.opt.Dev, Origins: s.opt.Origins, Log: s.log, Device: s.devices.token,
	})
	if err != nil {
		return err
	}
	s.accounts = accounts
	s.devices.ended = accounts.DevicesChanged
	s.closers = append(s.closers, accounts)
	return nil
}

// ServeHTTP serves the launcher, the apps' pages, the API and the sessions. A body has to get on, 256 KiB in 10 s, so that nobody holds a connection by sending
// slowly; one for an app's Handler has a minute, and the Handler may set another deadline by http.ResponseController. Whoever wraps the ResponseWriter gives it an
// Unwrap, without which there are no deadlines; time limits of headers (ReadHeaderTimeout) are those of the http.Server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, done := s.bodies.paced(w, r, s.opt.bodyWithin)
	defer done()
	s.handler.ServeHTTP(w, r)
}

// Drain refuses new requests, waits until those under way are durable and answered, and sends the clients away to come back. Who takes or sends nothing for 1.5 s of what is
// under way is not waited for. Close follows.
func (s *Server) Drain(ctx context.Context) error {
	s.draining.Store(true)
	s.bodies.hurry()
	err := s.sessions.Drain(ctx)
	s.fetches.Drain(ctx)
	return errors.Join(err, s.runtime.Drain(ctx))
}

// Close ends the server at once. What was acknowledged is durable.
func (s *Server) Close() error {
	s.draining.Store(true)
	s.sessions.Close()
	s.calls.Close()
	s.fetches.Close()
	s.runtime.Close()
	s.outgoing.Close()
	s.maps.Close()
	s.topics.Close()
	if err := s.methods.Close(context.Background()); err != nil {
		s.log.Warn("methods end badly", slog.Any("error", err))
	}
	return s.closeAll()
}

func (s *Server) closeAll() (err error) {
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i].Close())
	}
	s.closers = nil
	return err
}

// meter counts what is written.
type meter struct {
	store.Store
	writes, bytes atomic.Int64
}

func (m *meter) Commit(all []store.Write) []store.Result {
	var n int64
	for i := range all {
		for _, kv := range all[i].Puts {
			n += int64(len(kv.Key) + len(kv.Value))
		}
		for _, key := range all[i].Deletes {
			n += int64(len(key))
		}
	}
	m.writes.Add(int64(len(all)))
	m.bytes.Add(n)
	return m.Store.Commit(all)
}
