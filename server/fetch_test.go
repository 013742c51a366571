package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// courier is a CA that asks outside.
type courier struct {
	Heard []string
	Last  FetchID
}

func courierApp() App { return App{Name: "courier", New: func() CA { return new(courier) }} }

func (c *courier) Ask(tx *Tx, url string) {
	c.Last = tx.Fetch(Request{Method: "POST", URL: url, Header: http.Header{"X-From": {tx.Self().CA()}}, Body: []byte("hello"), Timeout: time.Minute, Within: time.Hour}, "OnFetched")
}

func (c *courier) AskWrong(tx *Tx, url, method string) { tx.Fetch(Request{URL: url}, method) }

func (c *courier) AskAndFail(tx *Tx, url string) error {
	c.Ask(tx, url)
	return errors.New("as asked")
}

func (c *courier) Forget(tx *Tx) bool  { return tx.CancelFetch(c.Last) }
func (c *courier) Log(tx *Tx) []string { return c.Heard }

func (c *courier) OnFetched(tx *Tx, f Fetched) error {
	c.Heard = append(c.Heard, fmt.Sprint(f.ID == c.Last, " ", f.Status, " ", f.Header.Get("X-Here"), " ", string(f.Body), " ", CodeOf(f.Err)))
	return nil
}

// outside is a host that is called.
type outside struct {
	*httptest.Server
	mu   sync.Mutex
	keys []string
}

func newOutside(t *testing.T, say http.HandlerFunc) *outside {
	o := &outside{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.keys = append(o.keys, r.Header.Get("Idempotency-Key"))
		o.mu.Unlock()
		say(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *outside) called() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.keys...)
}

// opened is a kit whose CAs may call this machine.
func opened(t *testing.T) *kit {
	k := newKit(t, courierApp())
	k.stop()
	k.open = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	k.start()
	return k
}

func TestCA3_FetchBringsAnAnswer(t *testing.T) {
	k := opened(t)
	o := newOutside(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Here", r.Method+" "+r.Header.Get("X-From"))
		w.WriteHeader(404)
		fmt.Fprint(w, "nothing")
	})
	k.want("alice", "courier/alice/home/Ask", `["`+o.URL+`/x?y=z"]`, `null`)
	k.eventually("alice", "courier/alice/home/Log", `[]`, `["true 404 POST alice/home nothing "]`)
}

func TestCHAN5_FetchReachesNothingInside(t *testing.T) {
	o := newOutside(t, func(http.ResponseWriter, *http.Request) {})
	k := newKit(t, courierApp())
	k.want("alice", "courier/alice/home/Ask", `["`+o.URL+`"]`, `null`)
	k.eventually("alice", "courier/alice/home/Log", `[]`, `["true 0   not_allowed"]`)
	if len(o.called()) > 0 {
		t.Error("it was reached")
	}
}

func TestFetchThatCantBeAskedFor(t *testing.T) {
	k := opened(t)
	for _, args := range []string{`["http://h/","NoSuch"]`, `["http://h/","Log"]`, `["ftp://h/","OnFetched"]`, `["http://alice:secret@h/","OnFetched"]`} {
		if a := k.refused("alice", "courier/alice/home/AskWrong", args, "failed"); strings.Contains(a.Error.Message, "secret") {
			t.Error(a.Error.Message)
		}
	}
	k.refused("alice", "courier/alice/home/OnFetched", `[{}]`, "bad_request")
}

// Through a restart the same key is used, and the answer comes once.
func TestCA3_FetchSurvivesARestart(t *testing.T) {
	k := opened(t)
	up := make(chan struct{})
	o := newOutside(t, func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-up:
		default:
			w.WriteHeader(503)
		}
	})
	k.want("alice", "courier/alice/home/Ask", `["`+o.URL+`"]`, `null`)
	k.refused("alice", "courier/alice/home/AskAndFail", `["`+o.URL+`"]`, "failed")
	for len(o.called()) == 0 {
		k.want("alice", "courier/alice/home/Log", `[]`, `null`)
	}
	k.stop()
	close(up)
	k.start()
	k.eventually("alice", "courier/alice/home/Log", `[]`, `["true 200   "]`)
	keys := o.called()
	if len(keys) < 2 || keys[0] == "" || keys[0] != keys[len(keys)-1] {
		t.Errorf("called with %q", keys)
	}
}

func TestFetchIsCancelled(t *testing.T) {
	k := opened(t)
	o := newOutside(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	k.want("alice", "courier/alice/home/Ask", `["`+o.URL+`"]`, `null`)
	k.want("alice", "courier/alice/home/Forget", `[]`, `true`)
	k.want("alice", "courier/alice/home/Forget", `[]`, `false`)
}

// A server that drains waits for a call under way, so that its answer is handled.
func TestOPS2_DrainWaitsForCallsUnderWay(t *testing.T) {
	k := opened(t)
	entered, leave := make(chan struct{}, 10), make(chan struct{})
	o := newOutside(t, func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		select {
		case <-leave:
		case <-r.Context().Done():
		}
	})
	k.want("alice", "courier/alice/home/Ask", `["`+o.URL+`"]`, `null`)
	<-entered
	drained := make(chan error, 1)
	go func() { drained <- k.Drain(context.Background()) }()
	for k.do("alice", "courier/alice/home/Log", `[]`).Error.Code == "" { // until it drains
	}
	close(leave)
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
	k.restart()
	k.want("alice", "courier/alice/home/Log", `[]`, `["true 200   "]`)
	if n := len(o.called()); n != 1 {
		t.Errorf("it was called %d times", n)
	}
}
