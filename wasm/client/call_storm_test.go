package client_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Lounge is a CA with a room for everybody.
type Lounge struct{}

// Init opens the room.
func (*Lounge) Init(tx *server.Tx) error {
	room := tx.Call("room")
	if err := room.AdmitTo(server.Anyone()); err != nil {
		return err
	}
	return room.Open()
}

// Hello makes it be there.
func (*Lounge) Hello(*server.Tx) {}

// house is a server that may be started anew, at the same address.
type house struct {
	t   *testing.T
	dir string
	url string

	mu  sync.RWMutex
	now *server.Server
}

func startHouse(t *testing.T) *house {
	h := &house{t: t, dir: t.TempDir()}
	h.open()
	web := httptest.NewServer(h)
	h.url = web.URL
	t.Cleanup(func() {
		h.close()
		web.Close()
	})
	return h
}

func (h *house) open() {
	s, err := server.New(server.Options{Data: h.dir, Dev: true, Logger: slog.New(slog.DiscardHandler)}, server.App{Name: "lounge", New: func() server.CA { return new(Lounge) }})
	if err != nil {
		h.t.Fatal(err)
	}
	h.now = s
}

func (h *house) close() {
	h.now.Drain(context.Background())
	h.now.Close()
}

// restart has nobody get through while it lasts.
func (h *house) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.close()
	h.open()
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.RLock()
	now := h.now
	h.mu.RUnlock()
	now.ServeHTTP(w, r)
}

// actor is a member that acts, one action after the other, each again until it has come back.
type actor struct {
	t    *testing.T
	call *client.Call

	mu       sync.Mutex
	more     *sync.Cond
	me       string
	heard    map[string]uint32 // the last action of each member
	people   int
	resumed  int
	anew     int
	unsettle int // rises with whatever may have lost an action
}

func enterLounge(t *testing.T, url, via, owner string) *actor {
	t.Helper()
	a := &actor{t: t, heard: map[string]uint32{}}
	a.more = sync.NewCond(&a.mu)
	call, err := meet(t, url, via, owner).Call(t.Context(), "lounge:alice/home/room", client.CallOptions{
		Hello: sfu.Hello{Name: owner, Watch: true}, OnOpened: a.opened, OnSignal: a.signal,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.call = call
	return a
}

func (a *actor) opened(o client.CallOpened) {
	var p sfu.Opened
	if err := client.Decode(o.Payload, &p); err != nil || p.Me != o.Member {
		a.t.Errorf("%+v, %v", p, err)
	}
	a.note(func() {
		switch {
		case o.Resumed && a.me != o.Member:
			a.t.Errorf("%s was resumed as %s", a.me, o.Member)
		case o.Resumed:
			a.resumed++
		default:
			a.anew++
		}
		a.me, a.people = o.Member, len(p.People)
	})
}

func (a *actor) signal(payload []byte) {
	sig, err := sfu.Decode(payload)
	if err != nil {
		a.t.Error(err)
	}
	switch sig := sig.(type) {
	case sfu.Act:
		a.note(func() {
			if before := a.heard[sig.Member]; sig.Action < before {
				a.t.Errorf("%s heard action %d of %s after %d", a.me, sig.Action, sig.Member, before)
			}
			a.heard[sig.Member] = sig.Action
		})
	case sfu.People:
		a.note(func() { a.people = len(sig.People) })
	case sfu.Refused:
		a.note(func() {})
	}
}

func (a *actor) note(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	a.unsettle++
	a.more.Broadcast()
}

// act does one action, again after whatever may have lost it.
func (a *actor) act(action uint32) {
	for {
		a.mu.Lock()
		if a.heard[a.me] >= action {
			a.mu.Unlock()
			return
		}
		seen := a.unsettle
		a.mu.Unlock()
		a.call.Send(map[string]any{"t": "act", "action": action, "at": 0}) // while it is not live, opened follows
		a.mu.Lock()
		for a.unsettle == seen {
			a.more.Wait()
		}
		a.mu.Unlock()
	}
}

// knows tells whether the actor has heard an action of each of the others, and sees them all.
func (a *actor) knows(all []*actor, action uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	last := 0
	for _, n := range a.heard {
		if n == action {
			last++
		}
	}
	return last == len(all) && a.people == len(all)
}

// TestCALL2_CallsGoOnThroughCutsAndARestart has members act while connections are cut and the server is started anew.
func TestCALL2_CallsGoOnThroughCutsAndARestart(t *testing.T) {
	h := startHouse(t)
	alice := meet(t, h.url, h.url, "alice")
	if err := alice.Client.CA("lounge:alice/home", client.CAOptions{}).Call(t.Context(), nil, "Hello"); err != nil {
		t.Fatal(err)
	}
	var all []*actor
	var flaws []*flaw
	for seed, owner := range []string{"alice", "bob", "carol"} {
		through, f := startFlaw(t, h.url, uint64(seed))
		f.calm = true
		all = append(all, enterLounge(t, h.url, through, owner))
		flaws = append(flaws, f)
	}
	for _, f := range flaws {
		f.setCalm(false)
	}
	const last = 40
	var acting sync.WaitGroup
	half := make(chan struct{}, len(all))
	for _, a := range all {
		acting.Go(func() {
			for n := uint32(1); n <= last; n++ {
				if n == last/2 {
					half <- struct{}{}
				}
				a.act(n)
			}
		})
	}
	<-half
	h.restart()
	acting.Wait()
	cuts := 0
	for _, f := range flaws {
		f.setCalm(true)
		f.mu.Lock()
		cuts += f.cuts
		f.mu.Unlock()
	}
	for _, a := range all {
		a.act(last + 1) // so that everybody is back
	}
	for _, a := range all {
		a.act(last + 2)
	}
	resumed := 0
	for _, a := range all {
		eventually(t, func() bool { return a.knows(all, last+2) })
		a.mu.Lock()
		resumed += a.resumed
		if a.anew < 2 {
			t.Errorf("%s was not there anew after the restart: %d", a.me, a.anew)
		}
		a.mu.Unlock()
	}
	t.Logf("%d cuts, %d resumed", cuts, resumed)
	if cuts == 0 || resumed == 0 {
		t.Error("nothing was cut, or nobody came back")
	}
}
