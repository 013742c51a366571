package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Desk is a CA with two maps.
type Desk struct{}

// Both sets n in both maps.
func (*Desk) Both(tx *server.Tx, n int) error {
	if err := tx.Map("board").Set("n", n); err != nil {
		return err
	}
	return tx.Map("list").Set("n", n)
}

// Note sets a line of one map.
func (*Desk) Note(tx *server.Tx, name string, line int) error {
	return tx.Map(name).Set(fmt.Sprint("line ", line%7), line)
}

// startDesk serves desks, and tells where, and what to do at the end.
func startDesk() (url string, stop func()) {
	return serve(clock.Real(), server.App{Name: "desk", New: func() server.CA { return new(Desk) }})
}

// serve serves an app from an empty folder, and tells where, and what to do at the end. Examples have no t.
func serve(c clock.Clock, app server.App) (url string, stop func()) {
	dir, err := os.MkdirTemp("", app.Name)
	if err != nil {
		panic(err)
	}
	s, err := server.New(server.Options{Data: dir, Dev: true, Clock: c, Logger: slog.New(slog.DiscardHandler)}, app)
	if err != nil {
		panic(err)
	}
	web := httptest.NewServer(s)
	return web.URL, func() {
		s.Drain(context.Background())
		web.Close()
		s.Close()
		os.RemoveAll(dir)
	}
}

// guest is a token of a server in development.
func guest(url, owner string) string {
	res, err := http.Post(url+"/account/guest", "application/json", strings.NewReader(`{"owner":"`+owner+`"}`))
	if err != nil {
		panic(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	var answer struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		panic(err)
	}
	return answer.Token
}

// A flaw stands between a client and its server, loses frames of changes, and cuts.
type flaw struct {
	to string // ws address of the server

	mu     sync.Mutex
	random *rand.Rand
	calm   bool
	lost   int
	cuts   int
}

func startFlaw(t *testing.T, server string, seed uint64) (url string, f *flaw) {
	f = &flaw{to: "ws" + strings.TrimPrefix(server, "http") + "/api/session", random: rand.New(rand.NewPCG(seed, 4))}
	web := httptest.NewServer(f)
	t.Cleanup(web.Close)
	return web.URL, f
}

func (f *flaw) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	down, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return
	}
	defer down.CloseNow()
	up, _, err := websocket.Dial(r.Context(), f.to, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return
	}
	defer up.CloseNow()
	down.SetReadLimit(-1)
	up.SetReadLimit(-1)
	var pass sync.WaitGroup
	pass.Go(func() { f.pass(up, down, true); down.CloseNow() })
	f.pass(down, up, false)
	up.CloseNow()
	pass.Wait()
}

// pass hands messages on until either side is gone.
func (f *flaw) pass(from, to *websocket.Conn, loses bool) {
	for {
		_, frame, err := from.Read(context.Background())
		if err != nil {
			return
		}
		lose, cut := f.draw(loses && wire.Kind(frame) == wire.KindMapDelta)
		if cut {
			return
		}
		if !lose && to.Write(context.Background(), websocket.MessageBinary, frame) != nil {
			return
		}
	}
}

func (f *flaw) draw(loses bool) (lose, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calm {
		return false, false
	}
	if loses && f.random.IntN(8) == 0 {
		f.lost++
		return true, false
	}
	if f.random.IntN(60) == 0 {
		f.cuts++
		return false, true
	}
	return false, false
}

// A watcher looks at both maps all the time.
type watcher struct {
	t           *testing.T
	c           *client.Client
	board, list *client.Map

	mu    sync.Mutex
	looks int // once it has begun
	begun bool
}

func watch(t *testing.T, url, token string) *watcher {
	w := &watcher{t: t}
	var known atomic.Pointer[client.Client]
	c, err := client.Dial(t.Context(), url, client.Options{Token: token, OnState: func(s client.State) {
		if c := known.Load(); c != nil && s.Status == client.Offline {
			c.RetryNow()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.begin(false) // a client that is being closed has maps no more, and its handlers may still be at it
		c.Close()
	})
	known.Store(c)
	w.c = c
	w.board, w.list = w.open("board"), w.open("list")
	return w
}

func (w *watcher) open(label string) *client.Map {
	m, err := w.c.Map(w.t.Context(), "desk:alice/home/"+label, client.MapOptions{OnChange: func(client.MapChange) { w.look() }})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func countOf(t *testing.T, m *client.Map) (n int) {
	if _, err := m.View().Get("n", &n); err != nil {
		t.Error(err)
	}
	return n
}

func (w *watcher) begin(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = on
}

// look reads one map after the other: the later one can't be behind the earlier.
func (w *watcher) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		return
	}
	if w.looks++; w.looks%10 == 0 {
		if err := w.board.Show(w.looks); err != nil {
			w.t.Error(err)
		}
	}
	for _, pair := range [][2]*client.Map{{w.board, w.list}, {w.list, w.board}} {
		first := countOf(w.t, pair[0])
		if second := countOf(w.t, pair[1]); second < first {
			w.t.Errorf("%s shows %d, and %s after it %d", pair[0].Name(), first, pair[1].Name(), second)
		}
	}
}

// TestMAP2_NoTransactionIsSeenTornThroughCutsAndLosses lets a writer write while frames of its readers are lost and their connections cut.
func TestMAP2_NoTransactionIsSeenTornThroughCutsAndLosses(t *testing.T) {
	url, stop := startDesk()
	t.Cleanup(stop)
	token := guest(url, "alice")
	writer, err := client.Dial(t.Context(), url, client.Options{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	ca := writer.CA("desk:alice/home", client.CAOptions{})
	put := func(method string, args ...any) {
		if err := ca.Call(t.Context(), nil, method, args...); err != nil {
			t.Error(err)
		}
	}
	put("Both", 0)

	var watchers []*watcher
	var flaws []*flaw
	for seed := range uint64(3) {
		through, f := startFlaw(t, url, seed)
		f.calm = true
		watchers, flaws = append(watchers, watch(t, through, token)), append(flaws, f)
	}
	for i, w := range watchers {
		flaws[i].setCalm(false)
		w.begin(true)
	}
	last := 0
	for last < 300 || slices.ContainsFunc(flaws, (*flaw).isHarmless) { // a busy server makes few frames of many changes
		last++
		put("Both", last)
		put("Note", []string{"board", "list"}[last%2], last)
	}
	for _, f := range flaws {
		f.setCalm(true)
	}
	put("Both", last+1)
	direct := watch(t, url, token)
	for _, w := range append(watchers, direct) {
		for _, pair := range [][2]*client.Map{{w.board, direct.board}, {w.list, direct.list}} {
			eventually(t, func() bool { return pair[0].Version() == pair[1].Version() && countOf(t, pair[0]) == last+1 })
		}
	}
}

func (f *flaw) hasCutNothing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cuts == 0
}

func (f *flaw) setCalm(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calm = on
}

// isHarmless tells whether it has lost nothing yet, or cut nothing.
func (f *flaw) isHarmless() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost == 0 || f.cuts == 0
}

// eventually waits for a condition, which nobody tells of.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-look.C {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about within", patience)
		}
	}
}

// patience is how long tests wait for what nobody tells of.
const patience = 20 * time.Second
