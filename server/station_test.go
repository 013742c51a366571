package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// station is a CA that does with events as they say.
type station struct {
	Heard []string
	N     int
	gates *gates
}

// gates hold handlers up.
type gates struct{ in, out chan struct{} }

func newGates() *gates { return &gates{make(chan struct{}, 10), make(chan struct{})} }

func stationApp(g *gates) App {
	return App{Name: "station", New: func() CA { return &station{gates: g} }, Deadline: time.Minute}
}

func (s *station) Open(tx *Tx, name string, a Attenuation) (Channel, error) {
	return tx.Channel(name, a)
}
func (s *station) OpenAndFail(tx *Tx, name string, a Attenuation) error {
	if _, err := tx.Channel(name, a); err != nil {
		return err
	}
	return errors.New("as asked")
}
func (s *station) OpenMany(tx *Tx, from, to int) error {
	for i := from; i < to; i++ {
		if _, err := tx.Channel(fmt.Sprint("many-", i), Attenuation{Events: []Pattern{{"test", "*"}}}); err != nil {
			return err
		}
	}
	return nil
}
func (s *station) Shut(tx *Tx, name string) bool { return tx.RemoveChannel(name) }
func (s *station) Renew(tx *Tx, name string, a Attenuation) (Channel, error) {
	tx.RemoveChannel(name)
	return tx.Channel(name, a)
}
func (s *station) ShutAndFail(tx *Tx, name string) error {
	tx.RemoveChannel(name)
	return errors.New("as asked")
}
func (s *station) List(tx *Tx) ([]ChannelInfo, error)            { return tx.Channels() }
func (s *station) Bell(tx *Tx) (Channel, error)                  { return tx.Doorbell() }
func (s *station) Find(tx *Tx, name string) string               { c, _ := tx.ChannelOf(name); return c.ECI }
func (s *station) Take(tx *Tx, domain, typ, method string) error { return tx.On(domain, typ, method) }
func (s *station) TakeMany(tx *Tx, from, to int) error {
	for i := from; i < to; i++ {
		if err := tx.On("many", fmt.Sprint("t", i), "OnEvent"); err != nil {
			return err
		}
	}
	return nil
}
func (s *station) Leave(tx *Tx, domain, typ, method string) bool { return tx.Off(domain, typ, method) }
func (s *station) Answer(tx *Tx, ruleset, name, method string) error {
	return tx.OnQuery(ruleset, name, method)
}
func (s *station) Unanswer(tx *Tx, ruleset, name, method string) bool {
	return tx.OffQuery(ruleset, name, method)
}
func (s *station) Ban(tx *Tx, who string) error   { return tx.Deny(Principal(who)) }
func (s *station) Unban(tx *Tx, who string) bool  { return tx.Revoke(Principal(who)) }
func (s *station) Log(*Tx) []string               { return s.Heard }
func (s *station) Count(*Tx) int                  { return s.N }
func (s *station) Add(_ *Tx, n int) int           { s.N += n; return s.N }
func (s *station) Tell(tx *Tx, to, method string) { tx.Send(to, method, 1) }
func (s *station) End(tx *Tx)                     { tx.Destroy() }
func (s *station) Cancel(tx *Tx, id TimerID) bool { return tx.Cancel(id) }
func (s *station) Raise(tx *Tx, domain, typ string, n int) {
	tx.Raise(domain, typ, map[string]int{"n": n})
}
func (s *station) RaiseMany(tx *Tx, n int) {
	for i := range n {
		tx.Raise("test", "go", map[string]int{"n": i})
	}
}
func (s *station) RaiseIn(tx *Tx, ms int, domain, typ string) TimerID {
	return tx.RaiseAt(tx.Now().Add(time.Duration(ms)*time.Millisecond), domain, typ, map[string]int{"n": ms})
}
func (s *station) RaiseEach(tx *Tx, ms int, domain, typ string) TimerID {
	return tx.RaiseEvery(time.Duration(ms)*time.Millisecond, domain, typ, map[string]int{"n": ms})
}
func (s *station) RaiseAndFail(tx *Tx) error {
	tx.RaiseAt(tx.Now(), "test", "go", nil)
	tx.RaiseEvery(time.Second, "test", "go", nil)
	tx.Raise("test", "go", nil)
	return errors.New("as asked")
}

// OnEvent notes what it hears, and does what the type says.
func (s *station) OnEvent(tx *Tx, e Event) error {
	switch e.Type {
	case "idle":
		tx.Direct("idle", nil)
		return nil
	case "wait":
		s.gates.in <- struct{}{}
		<-s.gates.out
	case "revoke":
		s.gates.in <- struct{}{}
		<-s.gates.out
		tx.RemoveChannel(e.Text("channel"))
	}
	s.N++
	line := e.Domain + ":" + e.Type
	if n := e.Text("n"); n != "" {
		line += " " + n
	}
	s.Heard = append(s.Heard, line+" by "+tx.Caller().CA())
	tx.Direct("heard", map[string]any{"n": s.N})
	switch e.Type {
	case "raise":
		tx.Raise("more", "first", map[string]string{"n": e.Text("n")})
		tx.Raise("more", "second", nil)
	case "first":
		tx.Raise("more", "third", nil)
	case "loop":
		tx.Raise("more", "loop", nil)
	case "then-fail":
		tx.Raise("more", "fail", nil)
	case "fail":
		tx.Raise("more", "first", nil)
		tx.RaiseAt(tx.Now(), "test", "go", nil)
		return errors.New("as asked")
	case "panic":
		panic("a secret")
	case "bad-raise":
		tx.Raise("no domain", "x", nil)
	case "self":
		tx.Direct("caller", map[string]string{"who": tx.Caller().String(), "self": tx.Self().CA()})
	}
	return nil
}

// OnSecond is another one.
func (s *station) OnSecond(_ *Tx, e Event) (map[string]string, error) {
	s.Heard = append(s.Heard, "second "+e.Type)
	return map[string]string{"type": e.Type}, nil
}

func (s *station) OnQuery(tx *Tx, q Query) (map[string]any, error) {
	switch q.Name {
	case "fail":
		return nil, errors.New("as asked")
	case "panic":
		panic("a secret")
	}
	return map[string]any{"name": q.Ruleset + "/" + q.Name, "arg": q.Text("arg"), "n": s.N, "channel": q.Channel, "by": tx.Caller().CA()}, nil
}

func (s *station) OnFailed(_ *Tx, r Response) error {
	s.Heard = append(s.Heard, "refused "+r.Method+": "+r.Err.Error())
	return nil
}

// visit sends something to a channel.
func (k *kit) visit(method, path, body string, header ...string) *httptest.ResponseRecorder {
	k.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w
}

// knock sends an event to a channel, and checks the status.
func (k *kit) knock(status int, eci, rest string, header ...string) string {
	k.t.Helper()
	w := k.visit(http.MethodPost, "/sky/event/"+eci+"/"+rest, "", header...)
	if w.Code != status {
		k.t.Errorf("%s: %d %s, want %d", rest, w.Code, w.Body, status)
	}
	return w.Body.String()
}

// channel makes a channel of a station, and returns its ECI.
func (k *kit) channel(name string, a Attenuation) string {
	k.t.Helper()
	return ask[Channel](k, "alice", "station/alice/home/Open", args(name, a)).ECI
}

// log is what a station has heard.
func (k *kit) log() []string {
	k.t.Helper()
	return ask[[]string](k, "alice", "station/alice/home/Log", `[]`)
}

var everything = Attenuation{Events: []Pattern{{"*", "*"}}, Queries: []Pattern{{"*", "*"}}}

// newStation is a server with a station that hears all events.
func newStation(t *testing.T) *kit {
	t.Helper()
	k := newKit(t, stationApp(newGates()))
	k.want("alice", "station/alice/home/Take", `["*","*","OnEvent"]`, "null")
	return k
}

// drain restarts as an operator does.
func (k *kit) drain() {
	k.t.Helper()
	if err := k.Drain(context.Background()); err != nil {
		k.t.Error(err)
	}
	k.restart()
}

// gates are those of a kit's stations.
func (k *kit) gates() *gates { return k.apps[0].New().(*station).gates }
