package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

func (f *fan) SayMany(tx *Tx, topic string, n int) {
	for i := range n {
		f.Say(tx, topic, fmt.Sprint(i))
	}
}

func (f *fan) Shut(tx *Tx, who, label string) bool { return tx.Revoke(Principal(who), label) }

// stage is a whole server behind real sockets, which clients find again when it has restarted.
type stage struct {
	*kit
	url string
	mu  sync.RWMutex // held while there is no server
}

func newStage(t *testing.T) *stage {
	s := &stage{kit: fanKit(t)}
	s.serveHTTP()
	return s
}

func (s *stage) serveHTTP() {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		s.ServeHTTP(w, r)
	}))
	s.t.Cleanup(h.Close)
	s.url = h.URL
}

func (s *stage) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kit.restart()
}

// until waits until a condition holds.
func (s *stage) until(what string, holds func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("in vain: " + what)
		}
	}
}

// listener is a client that follows a topic, and keeps what it hears.
type listener struct {
	s     *stage
	c     *client.Client
	topic *client.Topic
	http  http.Transport

	mu    sync.Mutex
	heard []string
}

func (s *stage) listen(owner string, scope policy.Scope, topic string, opt client.TopicOptions) (*listener, error) {
	s.t.Helper()
	l := &listener{s: s}
	c, err := client.Dial(s.t.Context(), s.url, client.Options{Token: s.token(owner, scope), HTTP: &http.Client{Transport: &l.http}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close(); l.http.CloseIdleConnections() })
	opt.OnMessage = func(m client.TopicMessage) {
		var p post
		if err := m.Decode(&p); err != nil {
			s.t.Error(err)
		}
		l.add(fmt.Sprintf("%d:%s=%s", m.Offset, strings.TrimPrefix(m.From, "fan:"), p.Text))
	}
	opt.OnGap = func(missed uint64, known bool) { l.add(fmt.Sprintf("+%d,%v", missed, known)) }
	l.c = c
	l.topic, err = c.Topic(s.t.Context(), topic, opt)
	return l, err
}

// follow is listen, where nobody is refused.
func (s *stage) follow(owner, topic string, opt client.TopicOptions) *listener {
	s.t.Helper()
	l, err := s.listen(owner, policy.Scope{}, topic, opt)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (l *listener) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, line)
}

// hears waits until a listener has heard all this, and nothing else.
func (l *listener) hears(want string) {
	l.s.t.Helper()
	all := func() string {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Join(l.heard, " ")
	}
	l.s.until("to hear "+want, func() bool { return len(all()) >= len(want) })
	if got := all(); got != want {
		l.s.t.Fatalf("heard %s, not %s", got, want)
	}
}

// ends waits until a listener has heard a line last: its topic's position is that of what is handed out, heard or not.
func (l *listener) ends(line string) {
	l.s.t.Helper()
	l.s.until("to hear "+line, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.heard) > 0 && l.heard[len(l.heard)-1] == line
	})
}

func (s *stage) say(owner, topic, text string) {
	s.t.Helper()
	s.tell(owner, "fan/"+owner+"/home/Say", fmt.Sprintf("[%q,%q]", topic, text))
	s.quiet()
}

func TestPUB3_ClientsGoOnByOffsetThroughRestarts(t *testing.T) {
	s := newStage(t)
	s.say("alice", "forum/party", "before")
	l := s.follow("bob", "fan:forum/party", client.TopicOptions{})
	s.say("alice", "forum/party", "a")
	l.hears("2:alice/home=a")
	s.restart()
	s.say("alice", "forum/party", "b") // perhaps before it is back
	l.hears("2:alice/home=a 3:alice/home=b")
	at := l.topic.Position()
	l.c.Close()
	s.say("alice", "forum/party", "c")
	s.restart()
	s.say("alice", "forum/party", "d")
	s.follow("bob", "fan:forum/party", client.TopicOptions{Since: at}).hears("4:alice/home=c 5:alice/home=d")
}

func TestPUB3_AClientIsToldHowManyMessagesHaveLeftTheLog(t *testing.T) {
	s := newStage(t)
	s.say("alice", "forum/party", "first")
	l := s.follow("bob", "fan:forum/party", client.TopicOptions{})
	at := l.topic.Position()
	s.tell("alice", "fan/alice/home/SayMany", `["forum/party",600]`)
	s.quiet()
	l.s.until("all", func() bool { return l.topic.Position().Offset == 601 })
	l.c.Close()
	s.clock.Advance(8 * 24 * time.Hour)
	s.say("alice", "forum/party", "last")
	late := s.follow("bob", "fan:forum/party", client.TopicOptions{Since: at})
	late.ends("602:alice/home=last")
	if late.mu.Lock(); late.heard[0] != "+510,true" || late.heard[1] != "512:alice/home=510" || len(late.heard) != 92 {
		t.Error(len(late.heard), late.heard[:2])
	}
	late.mu.Unlock()
	lost := s.follow("bob", "fan:forum/party", client.TopicOptions{Since: client.Position{Epoch: at.Epoch + 1, Offset: 3}})
	lost.ends("602:alice/home=last")
	if lost.mu.Lock(); lost.heard[0] != "+0,false" || lost.heard[1] != "512:alice/home=510" {
		t.Error(lost.heard[:2])
	}
	lost.mu.Unlock()
}

func TestPUB4_APrivateTopicIsForThoseWhoMayReadIt(t *testing.T) {
	s := newStage(t)
	s.say("alice", "news", "secret")
	_, err := s.listen("bob", policy.Scope{}, "fan:alice/home/news", client.TopicOptions{})
	wantCode(t, err, wire.NotAllowed)
	s.tell("alice", "fan/alice/home/Open", `["bob","news"]`)
	l := s.follow("bob", "fan:alice/home/news", client.TopicOptions{})
	own := s.follow("alice", "fan:alice/home/news", client.TopicOptions{})
	s.say("alice", "news", "for friends")
	l.hears("2:alice/home=for friends")
	s.tell("alice", "fan/alice/home/Shut", `["bob","news"]`)
	s.say("alice", "news", "not for bob")
	own.hears("2:alice/home=for friends 3:alice/home=not for bob")
	s.until("the end", func() bool { state, _ := l.topic.State(); return state == client.TopicEnded })
	_, err = l.topic.State()
	wantCode(t, err, wire.NotAllowed)
	l.hears("2:alice/home=for friends")
}

func TestPUB4_AForumIsFilteredByTrueNames(t *testing.T) {
	s := newStage(t)
	mine := client.TopicOptions{CA: "fan:bob/home", Method: "OnPost"}
	gadget := policy.Scope{App: "fan", CA: "bob/home", Methods: []string{"OnPost"}}
	_, err := s.listen("bob", gadget, "fan:forum/party", client.TopicOptions{})
	wantCode(t, err, wire.NotAllowed)
	l, err := s.listen("bob", gadget, "fan:forum/party", mine)
	if err != nil {
		t.Fatal(err)
	}
	s.tell("bob", "fan/bob/home/Trust", `["alice"]`)
	s.say("alice", "forum/party", "a")
	s.say("carol", "forum/party", "stranger")
	s.say("bob", "forum/party", "own")
	l.hears("1:alice/home=a 3:bob/home=own")
	s.tell("bob", "fan/bob/home/Shut", `["alice","OnPost"]`)
	s.say("alice", "forum/party", "no more")
	s.say("bob", "forum/party", "end")
	l.hears("1:alice/home=a 3:bob/home=own 5:bob/home=end")
}

func wantCode(t *testing.T, err error, code wire.Code) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("%v, not %s", err, code)
	}
}
