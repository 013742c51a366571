package client_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Crier is a CA that publishes what it is told to.
type Crier struct{}

// Init lets anybody read its news, and friends cry to it.
func (*Crier) Init(tx *server.Tx) error {
	if err := tx.Allow(server.Group("friends"), "Hear"); err != nil {
		return err
	}
	return tx.Allow(server.Anyone(), "news")
}

// Cry publishes a number.
func (*Crier) Cry(tx *server.Tx, topic string, n int) { tx.Publish(topic, n) }

// Hear is what a session may follow a topic as.
func (*Crier) Hear(*server.Tx, server.Message[int]) error { return nil }

// Befriend takes somebody in, or out.
func (*Crier) Befriend(tx *server.Tx, who string, in bool) error {
	if !in {
		_, err := tx.Map("friends").Delete(who)
		return err
	}
	return tx.Map("friends").Set(who, true)
}

// startCriers serves criers, and tells where, and what to do at the end.
func startCriers() (url string, stop func()) {
	return serve(clock.Real(), server.App{Name: "crier", New: func() server.CA { return new(Crier) }})
}

// person is an owner with a client, and a CA of theirs.
type person struct {
	t *testing.T
	*client.Client
	ca *client.CA
}

func meet(t *testing.T, url, via, owner string) *person {
	t.Helper()
	var known sync.Map
	c, err := client.Dial(t.Context(), via, client.Options{Token: guest(url, owner), OnState: func(s client.State) {
		if c, ok := known.Load(0); ok && s.Status == client.Offline {
			c.(*client.Client).RetryNow()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	known.Store(0, c)
	t.Cleanup(func() { c.Close() })
	return &person{t: t, Client: c, ca: c.CA("crier:"+owner+"/home", client.CAOptions{})}
}

func (p *person) do(method string, args ...any) {
	p.t.Helper()
	if err := p.ca.Call(p.t.Context(), nil, method, args...); err != nil {
		p.t.Error(err)
	}
}

// logbook is what somebody has heard of a topic.
type logbook struct {
	t *testing.T

	mu      sync.Mutex
	numbers []int
	from    map[string]int
	at      client.Position
}

func (l *logbook) options() client.TopicOptions {
	return client.TopicOptions{
		Since: l.at,
		OnMessage: func(m client.TopicMessage) {
			l.mu.Lock()
			defer l.mu.Unlock()
			n := 0
			if err := m.Decode(&n); err != nil || m.At.IsZero() {
				l.t.Errorf("%+v, %v", m, err)
			}
			if l.at = m.Position(); n == 0 { // of before, and still on its way
				return
			}
			l.numbers = append(l.numbers, n)
			if l.from == nil {
				l.from = map[string]int{}
			}
			l.from[m.From]++
		},
		OnGap: func(missed uint64, known bool) { l.t.Errorf("%d lost, %v", missed, known) },
	}
}

func (l *logbook) follow(p *person, name string, more ...func(*client.TopicOptions)) *client.Topic {
	l.t.Helper()
	opt := l.options()
	for _, f := range more {
		f(&opt)
	}
	topic, err := p.Topic(l.t.Context(), name, opt)
	if err != nil {
		l.t.Fatal(err)
	}
	return topic
}

func (l *logbook) heard() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.numbers)
}

// TestPUB3_FollowersHearAllOnceInOrderThroughCuts lets CAs publish to a forum and to a topic of their own while the connections of those who follow
// are cut, and one of them starts again and again.
func TestPUB3_FollowersHearAllOnceInOrderThroughCuts(t *testing.T) {
	url, stop := startCriers()
	t.Cleanup(stop)
	alice := meet(t, url, url, "alice")
	names := []string{"crier:forum/party", "crier:alice/home/news"}
	var logs []*logbook
	var flaws []*flaw
	listen := func(p *person) {
		for _, name := range names {
			l := &logbook{t: t}
			l.follow(p, name)
			logs = append(logs, l)
		}
	}
	for seed := range uint64(3) {
		through, f := startFlaw(t, url, seed)
		f.calm = true
		listen(meet(t, url, through, "bob"))
		flaws = append(flaws, f)
	}
	forgetful, again := &logbook{t: t}, meet(t, url, url, "carol")
	forgetful.follow(again, names[0])
	for _, f := range flaws {
		f.setCalm(false)
	}
	var want []int
	for n := 1; n <= 300 || slices.ContainsFunc(flaws, (*flaw).hasCutNothing); n++ { // a busy server makes few frames of many messages
		alice.do("Cry", "forum/party", n)
		alice.do("Cry", "news", n)
		want = append(want, n)
		if n%40 == 0 {
			again.Close()
			again = meet(t, url, url, "carol")
			forgetful.follow(again, names[0])
		}
	}
	for _, f := range flaws {
		f.setCalm(true)
	}
	for _, l := range append(logs, forgetful) {
		eventually(t, func() bool { return len(l.heard()) >= len(want) })
		if got := l.heard(); !slices.Equal(got, want) {
			t.Errorf("heard %v", got)
		}
	}
}

func TestPUB4_AFilterLetsThroughWhatTheHandlersPolicyDoes(t *testing.T) {
	url, stop := startCriers()
	t.Cleanup(stop)
	alice, bob, carol := meet(t, url, url, "alice"), meet(t, url, url, "bob"), meet(t, url, url, "carol")
	for _, p := range []*person{alice, bob, carol} {
		p.do("Cry", "forum/party", 0) // who is asked about must be there
	}
	bob.do("Befriend", "alice", true)
	all, some := &logbook{t: t}, &logbook{t: t}
	all.follow(bob, "crier:forum/party")
	some.follow(bob, "crier:forum/party", func(o *client.TopicOptions) { o.CA, o.Method = "crier:bob/home", "Hear" })
	for n := 1; n <= 10; n++ {
		alice.do("Cry", "forum/party", n)
		carol.do("Cry", "forum/party", 100+n)
		bob.do("Cry", "forum/party", 200+n)
	}
	eventually(t, func() bool { return len(all.heard()) == 30 && len(some.heard()) == 20 })
	if some.from["crier:alice/home"] != 10 || some.from["crier:bob/home"] != 10 {
		t.Errorf("heard from %v", some.from)
	}
	bob.do("Befriend", "alice", false)
	alice.do("Cry", "forum/party", 11)
	bob.do("Cry", "forum/party", 211)
	eventually(t, func() bool { return len(all.heard()) == 32 && len(some.heard()) == 21 })
	_, err := carol.Topic(t.Context(), "crier:forum/party", client.TopicOptions{CA: "crier:bob/home", Method: "Hear"})
	if coded := (*wire.Error)(nil); !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("another's policy: %v", err)
	}
	_, err = carol.Topic(t.Context(), "crier:alice/home/diary", client.TopicOptions{})
	if coded := (*wire.Error)(nil); !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("a topic that is nobody's business: %v", err)
	}
}
