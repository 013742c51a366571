package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strconv"
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

// party is a CA that keeps what it hears on its subscriptions, and of them.
type party struct {
	Heard map[string][]string // types of events, by subscription
	Told  map[string][]string // states, and events that did not arrive, by subscription
}

func partyApp() App { return App{Name: "party", New: func() CA { return new(party) }} }

// ears lets in what the parties say; of what it lets in, sour is what its handler refuses.
var ears = Attenuation{Events: []Pattern{{"chat", "*"}, {"sour", "*"}}}

func (p *party) Init(tx *Tx) error {
	p.Heard, p.Told = map[string][]string{}, map[string][]string{}
	return errors.Join(tx.On("chat", "*", "OnChat"), tx.On("sour", "*", "OnSour"))
}

func (p *party) OnChat(tx *Tx, e Event) error {
	p.Heard[e.Subscription] = append(p.Heard[e.Subscription], e.Type)
	return nil
}

func (p *party) OnSour(tx *Tx, e Event) error {
	p.Heard[e.Subscription] = append(p.Heard[e.Subscription], "sour "+e.Type)
	if strings.HasSuffix(e.Type, "1") || strings.HasSuffix(e.Type, "5") {
		panic("much too sour")
	}
	return errors.New("too sour")
}

// OnSubscription fails where the subscription's name says so: it is not to matter to anybody.
func (p *party) OnSubscription(tx *Tx, e SubscriptionEvent) error {
	switch {
	case e.Undelivered:
		p.Told[e.ID] = append(p.Told[e.ID], "undelivered "+e.Type+" "+e.Reason)
		return nil
	case e.Name == "fails":
		return errors.New("as it was told")
	case e.Name == "panics":
		panic("as it was told")
	case e.Name == "quick" && e.State == "waiting":
		return tx.Approve(e.ID, ears)
	}
	p.Told[e.ID] = append(p.Told[e.ID], strings.TrimSpace(e.State+" "+e.End))
	return nil
}

func (p *party) Bell(tx *Tx) (Channel, error) { return tx.Doorbell() }
func (p *party) Ask(tx *Tx, target, name string, within int) (string, error) {
	return tx.Link(target, Relationship{Name: name, Allow: ears, Within: time.Duration(within) * time.Second})
}
func (p *party) AskEngine(tx *Tx, target, name string, within int) (string, error) {
	host, eci, _ := strings.Cut(target, "/sky/event/")
	return tx.LinkEngine(host, eci, Relationship{Name: name, Allow: ears, Within: time.Duration(within) * time.Second})
}
func (p *party) Yes(tx *Tx, id string) error { return tx.Approve(id, ears) }
func (p *party) No(tx *Tx, id string) error  { return tx.Refuse(id, "no") }
func (p *party) End(tx *Tx, id string) error { return tx.EndSubscription(id) }
func (p *party) Say(tx *Tx, id, domain, typ string) error {
	_, err := tx.RaiseOn(id, domain, typ, nil)
	return err
}
func (p *party) Die(tx *Tx)                                 { tx.Destroy() }
func (p *party) Links(tx *Tx) []Subscription                { return tx.Subscriptions() }
func (p *party) Rooms(tx *Tx) ([]ChannelInfo, error)        { return tx.Channels() }
func (p *party) Record(tx *Tx) (map[string][]string, error) { return p.Heard, nil }
func (p *party) Notes(tx *Tx) (map[string][]string, error)  { return p.Told, nil }

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
	s := &linkStorm{t: t, random: rand.New(rand.NewPCG(seed, 6)), pace: 100 * time.Second, said: map[string]map[string]bool{}}
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
		Calls: CallOptions{Off: true}, Fatal: func(error) {},
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
	if h.dead.Load() || h.storm.roll(30) == 0 {
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

// act has somebody do something at random.
func (s *linkStorm) act() {
	p := &s.people[s.any(len(s.people))]
	links := p.links()
	ids := slices.Sorted(maps.Keys(links))
	if len(ids) < 8 && (len(ids) == 0 || s.any(4) == 0) {
		other := s.people[s.any(len(s.people))]
		if other.owner == p.owner {
			return
		}
		names := []string{"calm", "fails", "panics", "quick"}
		within := 0
		if s.any(5) == 0 {
			within = 60 * (1 + s.any(60))
		}
		p.order([]string{"Ask", "Ask", "AskEngine"}[s.any(3)], other.bell, names[s.any(len(names))], within)
		return
	}
	if len(ids) == 0 {
		return
	}
	id := ids[s.any(len(ids))]
	switch dice := s.any(20); {
	case links[id].State == "waiting" && dice < 10:
		p.order("Yes", id)
	case links[id].State == "waiting" && dice < 12:
		p.order("No", id)
	case dice == 0:
		p.order("End", id)
	case links[id].State == "established" || links[id].State == "confirming":
		for range 1 + s.any(3) {
			s.say(p, id)
		}
	}
}

// say has somebody raise an event, and notes whether it is promised.
func (s *linkStorm) say(p *person, id string) {
	s.count++
	domain := []string{"chat", "chat", "chat", "spam", "sour"}[s.any(5)]
	typ := fmt.Sprintf("%s%04d", domain, s.count)
	a, sure := p.order("Say", id, domain, typ)
	if sure && a.Error.Code != "" {
		return
	}
	key := p.owner + " " + id
	if s.said[key] == nil {
		s.said[key] = map[string]bool{}
	}
	s.said[key][typ] = sure
}

func (s *linkStorm) blow(rounds int) {
	s.calm.Store(false)
	for range rounds {
		s.revive()
		s.act()
		if s.any(3) == 0 {
			s.deliverLate()
		}
		s.settle()
		s.advance(time.Duration(s.any(int(s.pace/time.Millisecond))) * time.Millisecond)
		s.settle()
	}
	s.calm.Store(true)
	s.revive()
	s.rest()
}

func (s *linkStorm) deliverLate() {
	s.mu.Lock()
	if len(s.late) == 0 {
		s.mu.Unlock()
		return
	}
	i := s.random.IntN(len(s.late))
	p := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	s.mu.Unlock()
	p.to.pass(p)
}

// rest lets time go on until nothing is under way.
func (s *linkStorm) rest() {
	s.t.Helper()
	for range 200 {
		s.settle()
		if s.underWay() == 0 {
			return
		}
		s.advance(time.Minute)
	}
	s.t.Errorf("%d messages are still under way", s.underWay())
}

func (s *linkStorm) underWay() (n int) {
	for i := range s.people {
		p := &s.people[i]
		for _, key := range p.memory.Keys(p.key()) {
			if key[:2] == "hF" {
				n++
			}
		}
	}
	return n
}

// agree checks that both sides of every subscription say the same.
func (s *linkStorm) agree(decided bool) {
	s.t.Helper()
	sides := map[string][]string{}
	for i := range s.people {
		p := &s.people[i]
		for id, l := range p.links() {
			side := l.State
			if !l.Outbound {
				side = "at " + side
			}
			sides[id] = append(sides[id], side)
			s.shown(p, l)
		}
		s.rooms(p)
	}
	good := []string{"established at established", "ended at ended", "ended", "at ended"}
	if !decided {
		good = append(good, "pending at waiting", "ended at waiting")
	}
	for id, all := range sides {
		slices.Sort(all)
		slices.Reverse(all)
		if !slices.Contains(good, strings.Join(all, " ")) {
			s.t.Errorf("%s: %q", id, all)
		}
	}
}

// shown checks that the maps say what the CA does.
func (s *linkStorm) shown(p *person, l Subscription) {
	where := map[string]bool{"subscriptions": l.State == "established" || l.State == "confirming", "pending-subscriptions": l.State == "pending" || l.State == "waiting"}
	for label, there := range where {
		row, ok := p.rows(label)[l.ID]
		switch {
		case l.State == "ended" && label == "pending-subscriptions": // its owner may see why for a while
		case ok != there:
			s.t.Errorf("%s: %s %s, in the map %s: %v", p.owner, l.ID, l.State, label, ok)
			continue
		}
		if ok && (row["state"] != l.State || row["peer"] != l.Peer || row["channel"] != l.Channel || row["rx_role"] != l.RxRole || row["end"] != l.End || row["reason"] != l.Reason) {
			s.t.Errorf("%s shows %v of %+v", p.owner, row, l)
		}
	}
}

// rooms checks that each living subscription has its channel, no other has one, and the map shows them.
func (s *linkStorm) rooms(p *person) {
	var all []ChannelInfo
	p.get("Rooms", &all)
	rows, links := p.rows("channels"), p.links()
	if len(rows) != len(all) {
		s.t.Errorf("%s has %d channels and shows %d", p.owner, len(all), len(rows))
	}
	for _, c := range all {
		if rows[c.Name] == nil {
			s.t.Errorf("%s does not show %s", p.owner, c.Name)
		}
		if l := links[c.Subscription]; c.Subscription != "" && (l.Channel != c.Name || l.State == "ended" || l.State == "waiting") {
			s.t.Errorf("%s has the channel %s for %+v", p.owner, c.Name, l)
		}
	}
	for _, l := range links {
		has := slices.ContainsFunc(all, func(c ChannelInfo) bool { return c.Name == l.Channel })
		if has != (l.State != "ended" && l.State != "waiting") {
			s.t.Errorf("%s: %s %s has a channel: %v", p.owner, l.ID, l.State, has)
		}
	}
}

func (p *person) rows(label string) map[string]map[string]any {
	w := p.pass(passed{p.stormSite, "GET", "/api/party/" + p.owner + "/home/maps/" + label, http.Header{"Authorization": {"Bearer " + p.token(p.owner, policy.Scope{})}}, nil})
	var body struct {
		Entries map[string]map[string]any
	}
	if w == nil || w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &body) != nil {
		p.t.Fatalf("the map %s of %s: %v", label, p.owner, w)
	}
	return body.Entries
}

// heard checks that each event that was promised was heard or is known not to have been, each once, in order.
func (s *linkStorm) heard() {
	heard, told := map[string]map[string][]string{}, map[string]map[string][]string{}
	for i := range s.people {
		p := &s.people[i]
		h, n := map[string][]string{}, map[string][]string{}
		p.get("Record", &h)
		p.get("Notes", &n)
		heard[p.owner], told[p.owner] = h, n
	}
	for key, events := range s.said {
		speaker, id, _ := strings.Cut(key, " ")
		var ears []string
		for owner, all := range heard {
			if owner != speaker {
				ears = append(ears, all[id]...)
			}
		}
		s.heardOn(key, events, ears, told[speaker][id])
	}
}

func (s *linkStorm) heardOn(key string, events map[string]bool, heard, told []string) {
	if !slices.IsSorted(trim(heard)) || len(slices.Compact(slices.Clone(heard))) != len(heard) {
		s.t.Errorf("%s: heard %q", key, heard)
	}
	for typ, promised := range events {
		arrived := slices.Contains(heard, typ)
		reason := ""
		for _, line := range told {
			if rest, is := strings.CutPrefix(line, "undelivered "+typ+" "); is {
				if reason != "" {
					s.t.Errorf("%s: told twice of %s", key, typ)
				}
				reason = rest
			}
		}
		switch {
		case promised && !arrived && reason == "":
			s.t.Errorf("%s: nobody knows what became of %s; heard %q, told %q", key, typ, heard, told)
		case arrived && !strings.HasPrefix(typ, "chat"):
			s.t.Errorf("%s: %s was heard", key, typ)
		}
	}
}

func trim(heard []string) (out []string) {
	for _, typ := range heard {
		out = append(out, strings.TrimLeft(typ, "chatspour "))
	}
	return out
}

// picture is all that anybody could know.
func (s *linkStorm) picture() (all []string) {
	for i := range s.people {
		p := &s.people[i]
		var any any
		all = append(all, p.owner+" "+string(p.get("Links", &any)), p.owner+" "+string(p.get("Record", &any)), p.owner+" "+string(p.get("Notes", &any)), fmt.Sprint(p.rows("subscriptions"), p.rows("pending-subscriptions")))
		for _, c := range func() (rooms []ChannelInfo) { p.get("Rooms", &rooms); return rooms }() {
			all = append(all, fmt.Sprint(c.Name, c.Subscription, c.Allow))
		}
	}
	return all
}

// replay sends everything once more, in another order, as it was: nothing is to change.
func (s *linkStorm) replay() {
	before := s.picture()
	all := slices.Clone(s.all)
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all {
		if p.to.pass(p) == nil {
			s.t.Fatal("a server has died of a repetition")
		}
	}
	s.rest()
	for i, line := range s.picture() {
		if line != before[i] {
			s.t.Errorf("a repetition has changed\n%s\ninto\n%s", before[i], line)
		}
	}
}

// discreet checks that no ECI of anybody's stands where it shouldn't.
func (s *linkStorm) discreet() (seen int) {
	ecis := map[string]bool{}
	note := func(eci string) {
		if len(eci) > 20 {
			ecis[eci] = true
		}
	}
	for _, p := range s.all {
		if parts := strings.Split(p.path, "/"); len(parts) > 3 && parts[1] == "sky" {
			note(parts[3])
		}
		var body struct{ ECI string }
		if json.Unmarshal(p.body, &body) == nil {
			note(body.ECI)
		}
	}
	for eci := range ecis {
		raw, err := base64.RawURLEncoding.DecodeString(eci)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, h := range s.sites {
			for _, ca := range h.memory.CAs() {
				h.memory.Load(ca, nil, func(key, value []byte) error {
					if bytes.Contains(value, []byte(eci)) || bytes.Contains(value, raw) || bytes.Contains(key, []byte(eci)) || bytes.Contains(key, raw) {
						s.t.Errorf("%s keeps an ECI under %q", ca, key)
					}
					return nil
				})
			}
			if h.log.Has(eci) {
				s.t.Error("an ECI is in the log")
			}
		}
	}
	return len(ecis)
}

// decide has everybody answer what waits for them.
func (s *linkStorm) decide() {
	for i := range s.people {
		p := &s.people[i]
		for id, l := range p.links() {
			if l.State == "waiting" {
				p.order([]string{"Yes", "Yes", "No"}[s.any(3)], id)
			}
		}
	}
	s.rest()
}

// Storms that last for months: what was given up is sent again, requests expire, and what has ended is forgotten, on both sides at different times.
func TestCHAN3_LinksThroughMonths(t *testing.T) {
	from, to := stormSeeds(2)
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newLinkStorm(t, seed+1_000_000)
			s.pace = 3 * 24 * time.Hour
			s.blow(60)
			for range 5 { // whatever rests is sent again within a day
				s.advance(24 * time.Hour)
				s.rest()
			}
			s.decide()
			s.agree(true)
			if seen := s.discreet(); seen < 3 {
				t.Error("only so many ECIs were looked for:", seen)
			}
			for range 10 {
				s.advance(10 * 24 * time.Hour)
				s.rest()
			}
			for i := range s.people {
				for id, l := range s.people[i].links() {
					if l.State != "established" {
						t.Errorf("%s is remembered: %+v", id, l)
					}
				}
			}
			s.agree(true)
		})
	}
}

func stormSeeds(usual uint64) (from, to uint64) {
	if n, err := strconv.ParseUint(os.Getenv("WAB_STORM_SEEDS"), 10, 32); err == nil {
		return 0, n
	}
	if n, err := strconv.ParseUint(os.Getenv("WAB_STORM_SEED"), 10, 32); err == nil {
		return n, n + 1
	}
	return 0, usual
}

// Whatever the network loses, doubles and delays, and at whatever commit a server dies: when messages pass again, both are linked or neither, both say which, and each event is heard once,
// in order, or known not to have been. Everything that was ever sent changes nothing when it comes again. WAB_STORM_SEEDS=1000 runs more.
func TestCHAN3_LinksThroughTheStorm(t *testing.T) {
	from, to := stormSeeds(8)
	deaths, linked, seen := 0, 0, 0
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newLinkStorm(t, seed)
			s.blow(60)
			s.agree(false)
			s.decide()
			s.agree(true)
			s.heard()
			seen += s.discreet()
			s.replay()
			s.agree(true)
			for _, h := range s.sites {
				h.down()
				h.up()
			}
			s.replay()
			deaths += s.deaths
			for _, l := range s.people[0].links() {
				if l.State == "established" {
					linked++
				}
			}
		})
	}
	t.Log(deaths, "deaths,", linked, "links")
	if to-from > 4 && (deaths < int(to-from) || linked == 0) {
		t.Errorf("%d deaths and %d links", deaths, linked)
	}
	if seen < 3*int(to-from) {
		t.Errorf("only %d ECIs were looked for", seen)
	}
}
