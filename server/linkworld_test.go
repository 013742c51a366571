package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store"
)

// passed is a request as it went over the wire.
type passed struct {
	to           *stormSite
	method, path string
	header       http.Header
	body         []byte
}

// linkStorm is two servers, and a network between them that loses, doubles and delays; the servers die at random commits.
type linkStorm struct {
	t      *testing.T
	calm   atomic.Bool
	mu     sync.Mutex
	random *rand.Rand
	late   []passed // on their way, however long it takes
	all    []passed // everything that ever was sent
	sites  []*stormSite
	people []person
	deaths int
	mortal int                        // one commit in so many kills its server; set while it is calm
	pace   time.Duration              // how far time goes in a round, at most
	said   map[string]map[string]bool // by person and subscription, the events: whether they are promised
	count  int
}

// person is somebody's CA on one of the servers.
type person struct {
	*stormSite
	owner string
	bell  string
}

type stormSite struct {
	*kit
	storm  *linkStorm
	memory *actortest.Memory
	log    *actortest.Log
	web    *httptest.Server
	dead   atomic.Bool

	guard sync.Mutex // of what follows, and of kit.Server
	alive context.Context
	kill  context.CancelFunc
}

// listed lets a wrapped memory list its CAs, as a real store can.
type listed struct {
	*actortest.Store
	memory *actortest.Memory
}

func (l listed) CAs(prefix string, limit int, visit func(ca string) error) error {
	for _, ca := range l.memory.CAs() {
		if strings.HasPrefix(ca, prefix) && limit > 0 {
			limit--
			if err := visit(ca); err != nil {
				return err
			}
		}
	}
	return nil
}

func newLinkStorm(t *testing.T, seed uint64) *linkStorm {
	s := &linkStorm{t: t, random: rand.New(rand.NewPCG(seed, 6)), mortal: 30, pace: 100 * time.Second, said: map[string]map[string]bool{}}
	s.calm.Store(true)
	for i := range 2 {
		s.sites = append(s.sites, newStormSite(s, time.Duration(i*s.roll(240))*time.Second))
	}
	for i, owner := range []string{"alice", "bob", "carol"} {
		p := person{stormSite: s.sites[i%2], owner: owner}
		p.bell = ask[Channel](p.kit, owner, p.path("Bell"), `[]`).URL
		s.people = append(s.people, p)
	}
	return s
}

func newStormSite(s *linkStorm, ahead time.Duration) *stormSite {
	h := &stormSite{storm: s, memory: actortest.NewMemory(), log: &actortest.Log{}}
	h.web = httptest.NewUnstartedServer(h)
	h.kit = &kit{t: s.t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Add(ahead)), dir: s.t.TempDir(), apps: []App{partyApp()}}
	h.url = "http://" + h.web.Listener.Addr().String()
	h.open = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	h.log.Show(s.t)
	h.up()
	h.web.Start()
	s.t.Cleanup(func() {
		h.web.Close()
		h.down()
	})
	return h
}

func (p *person) path(method string) string { return "party/" + p.owner + "/home/" + method }
func (p *person) key() string               { return "party:" + p.owner + "/home" }

func (h *stormSite) up() {
	h.guard.Lock()
	h.alive, h.kill = context.WithCancel(context.Background())
	h.guard.Unlock()
	h.dead.Store(false)
	disk := &actortest.Store{Store: h.memory, Before: h.die, After: h.die}
	server, err := New(Options{
		Store: listed{disk, h.memory}, Data: h.dir, Dev: true, Clock: h.clock, Logger: h.log.Logger(), OpenNetworks: h.open, PublicURL: h.url,
		Calls: CallOptions{Off: true}, Fatal: func(error) {}, methodCode: compiled(),
	}, h.apps...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.guard.Lock()
	defer h.guard.Unlock()
	h.Server = server
}

// down ends the server at once, as a crash would.
func (h *stormSite) down() {
	h.guard.Lock()
	server := h.Server
	h.Server = nil
	h.kill()
	h.guard.Unlock()
	h.dead.Store(true)
	if err := server.Close(); err != nil {
		h.t.Error(err)
	}
}

// die kills the server at a commit: before it is durable, or after.
func (h *stormSite) die([]store.Write) error {
	if h.dead.Load() || !h.storm.calm.Load() && h.storm.any(h.storm.mortal) == 0 {
		h.dead.Store(true)
		h.guard.Lock()
		defer h.guard.Unlock()
		h.kill()
		return actortest.ErrCrash
	}
	return nil
}

func (s *linkStorm) revive() {
	for _, h := range s.sites {
		if h.dead.Load() {
			s.deaths++
			h.down()
			h.up()
		}
	}
}

// roll is a number below of, and of itself when nothing fails any more.
func (s *linkStorm) roll(of int) int {
	if s.calm.Load() {
		return of
	}
	return s.any(of)
}

func (s *linkStorm) any(of int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(of)
}

// ServeHTTP is the network: it loses requests and answers, doubles, delays, and answers with what proxies say.
func (h *stormSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	p := passed{h, r.Method, r.URL.RequestURI(), r.Header.Clone(), body}
	s := h.storm
	s.mu.Lock()
	s.all = append(s.all, p)
	s.mu.Unlock()
	switch s.roll(12) {
	case 0: // lost
		panic(http.ErrAbortHandler)
	case 1: // late, and the sender believes it to be lost
		s.mu.Lock()
		s.late = append(s.late, p)
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	case 2: // its answer is lost
		h.pass(p)
		panic(http.ErrAbortHandler)
	case 3:
		h.pass(p)
	case 4:
		w.WriteHeader(502)
		return
	}
	answer := h.pass(p)
	if answer == nil {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

// pass brings a request to the server, if it lives until it has answered.
func (h *stormSite) pass(p passed) *httptest.ResponseRecorder {
	h.guard.Lock()
	server, alive := h.Server, h.alive
	h.guard.Unlock()
	if server == nil || alive.Err() != nil {
		return nil
	}
	r := httptest.NewRequest(p.method, h.url+p.path, bytes.NewReader(p.body)).WithContext(alive)
	r.Header = p.header.Clone()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if alive.Err() != nil {
		return nil
	}
	return w
}

// order has a person's CA do something. Not sure: the server has died, and nobody knows.
func (p *person) order(method string, list ...any) (a said, sure bool) {
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + p.token(p.owner, policy.Scope{})}}
	w := p.pass(passed{p.stormSite, "POST", "/api/" + p.path(method), header, []byte(args(append([]any{}, list...)...))})
	if w == nil || json.Unmarshal(w.Body.Bytes(), &a) != nil {
		return said{}, false
	}
	return a, a.Error.Code != "unavailable" && a.Error.Code != "internal"
}

// ask has it do something in quiet times.
func (p *person) get(method string, into any) []byte {
	p.t.Helper()
	a, sure := p.order(method)
	if !sure || a.Error.Code != "" || json.Unmarshal(a.Result, into) != nil {
		p.t.Fatalf("%s of %s: %+v %s", method, p.owner, a.Error, a.Result)
	}
	return a.Result
}

func (p *person) links() map[string]Subscription {
	var all []Subscription
	a, sure := p.order("Links")
	if !sure || json.Unmarshal(a.Result, &all) != nil {
		return nil
	}
	byID := map[string]Subscription{}
	for _, s := range all {
		byID[s.ID] = s
	}
	return byID
}

// settle waits until all that can be done now is done.
func (s *linkStorm) settle() {
	s.t.Helper()
	still := 0
	end := time.Now().Add(20 * time.Second)
	for still < 2 {
		<-time.After(50 * time.Microsecond)
		if time.Now().After(end) {
			s.t.Fatal("the servers don't come to rest")
		}
		still++
		for _, h := range s.sites {
			h.clock.Advance(0)
			if h.dead.Load() && s.calm.Load() {
				s.revive()
			}
			if !h.dead.Load() && !(h.runtime.Quiet() && h.outgoing.Idle()) {
				still = 0
			}
		}
	}
}

func (s *linkStorm) advance(d time.Duration) {
	for _, h := range s.sites {
		if d <= time.Hour {
			h.clock.Advance(d)
			continue
		}
		h.down() // or each of its small timers would be run
		h.clock.Advance(d)
		h.up()
	}
}
