package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a node whose CAs fetch, and a host outside.
type world struct {
	*actortest.World
	client *outgoing.Client
	live   atomic.Pointer[fetch.Fetches] // methods of a node that is down may still run
	host   *host
	open   []netip.Prefix
	key    []byte        // that requests are sealed under
	carry  fetch.Carrier // of the scheme "carried"

	unanswered *atomic.Int64 // calls that this node's carrier has got and not answered
	coming     atomic.Int64  // answers of carriers on their way
}

// host is what is called. It notes the keys of all calls, by path, and answers what the test says.
type host struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string][]string
	says  func(w http.ResponseWriter, r *http.Request, nth int)
	hung  atomic.Int64 // calls that get no answer
}

// hang keeps a call until it is given up.
func (h *host) hang(r *http.Request) {
	h.hung.Add(1)
	defer h.hung.Add(-1)
	<-r.Context().Done()
}

func newHost(t testing.TB) *host {
	h := &host{calls: map[string][]string{}, says: func(http.ResponseWriter, *http.Request, int) {}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // else the server doesn't notice who goes
	r.Body = io.NopCloser(bytes.NewReader(body))
	nth := h.note(r.URL.Path, r.Header.Get("Idempotency-Key"))
	h.mu.Lock()
	says := h.says
	h.mu.Unlock()
	says(w, r, nth)
}

// note counts a call.
func (h *host) note(path, key string) (nth int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls[path] = append(h.calls[path], key)
	return len(h.calls[path])
}

// keys are those of the calls of a path.
func (h *host) keys(path string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls[path])
}

// one checks that all calls of a path had one key, and tells how many there were.
func (h *host) one(t testing.TB, path string) int {
	t.Helper()
	keys := h.keys(path)
	if n := len(keys); n > 0 && (keys[0] == "" || len(slices.Compact(slices.Clone(keys))) != 1) {
		t.Errorf("%s was called with the keys %q", path, keys)
	}
	return len(keys)
}

func newWorld(t testing.TB) *world {
	w := &world{World: actortest.NewWorld(t, nil), host: newHost(t), open: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, key: bytes.Repeat([]byte{7}, 32)}
	w.Class.Methods = map[string]actortest.Method{"Fetch": w.fetch, "Ask": w.ask, "Twice": w.twice, "Fail": w.fail, "Cancel": w.cancel, "Got": got, "Deaf": deaf, "End": w.end, "Touch": touch}
	w.up()
	t.Cleanup(w.down)
	return w
}

func (w *world) up() {
	w.client = outgoing.New(outgoing.Options{Open: w.open})
	fetches := fetch.New(fetch.Options{Client: w.client, Clock: w.Clock, Key: w.key})
	unanswered := new(atomic.Int64)
	w.unanswered = unanswered
	fetches.Carry("carried", func(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) func() {
		unanswered.Add(1)
		over := sync.OnceFunc(func() { unanswered.Add(-1) })
		cancel := w.carry(from, call, func(a outgoing.Answer, err *wire.Error) {
			done(a, err)
			over()
		})
		return func() {
			over()
			if cancel != nil {
				cancel()
			}
		}
	})
	w.live.Store(fetches)
	w.Options.Features = []actor.Feature{w.live.Load()}
	w.Boot()
}

// down ends the node at once, as a crash would.
func (w *world) down() {
	w.live.Load().Close()
	w.Runtime.Close()
	w.client.Close()
}

func (w *world) crash() {
	w.down()
	w.up()
}

var args, reader = actortest.Args, actortest.Reader

func (w *world) do(ca, method string, list ...any) actortest.Reply {
	w.T.Helper()
	return w.Call(ca, method, args(list...))
}

func (w *world) must(ca, method string, list ...any) []byte {
	w.T.Helper()
	return w.Must(w.do(ca, method, list...))
}

// fetch asks for a path of the host, or a whole URL: [path, handler, within in ms, bytes of body].
func (w *world) fetch(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	url, handler := r.Text(), r.Text()
	within, size := r.Int(), r.Int()
	if url[0] == '/' {
		url = w.host.URL + url
	}
	id, err := w.live.Load().Fetch(tx, fetch.Request{
		Call: outgoing.Call{Method: "POST", URL: url, Header: http.Header{"X-Test": {"1", "2"}}, Body: make([]byte, size)}, Within: time.Duration(within) * time.Millisecond,
	}, handler)
	return cbor.AppendUint(nil, id), err
}

// ask is fetch for the framework, which waits for 200 ms at first, 2 s at last, and forever where within is 0. A lane stands behind # in the URL; those of lanes called minor… are.
func (w *world) ask(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	r := reader(m)
	url, handler := r.Text(), r.Text()
	within, size := r.Int(), r.Int()
	if url[0] == '/' {
		url = w.host.URL + url
	}
	url, lane, _ := strings.Cut(url, "#")
	id, err := w.live.Load().Ask(tx, fetch.Request{
		Call:   outgoing.Call{Method: "POST", URL: url, Header: http.Header{"X-Test": {"1", "2"}}, Body: make([]byte, size)},
		Within: time.Duration(within) * time.Millisecond, Forever: within == 0, First: 200 * time.Millisecond, LastWait: 2 * time.Second, Lane: lane, Tag: "tag of " + url[:min(len(url), 100)], Minor: strings.HasPrefix(lane, "minor"),
	}, handler)
	return cbor.AppendUint(nil, id), err
}

// end ends the CA, and may ask before.
func (w *world) end(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if r := cbor.NewReader(m.Args); r.Array() > 0 {
		if _, err := w.fetch(tx, s, m); err != nil {
			return nil, err
		}
	}
	tx.Destroy()
	return nil, nil
}

func (w *world) twice(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if _, err := w.fetch(tx, s, m); err != nil {
		return nil, err
	}
	return w.fetch(tx, s, m)
}

func (w *world) fail(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	if _, err := w.fetch(tx, s, m); err != nil {
		return nil, err
	}
	return nil, wire.Err(wire.Failed, "As it was told.")
}

func (w *world) cancel(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
	return cbor.AppendBool(nil, w.live.Load().Cancel(tx, reader(m).Uint())), nil
}

// got keeps what has come.
func got(_ *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
	f := m.Ext.(*fetch.Fetched)
	line := fmt.Sprint(f.Status, " ", string(f.Body))
	if f.Err != nil {
		line = string(f.Err.Code)
	}
	s.Log = append(s.Log, line)
	return nil, nil
}

// deaf handles nothing.
func deaf(_ *actor.Tx, s *actortest.State, _ *actor.Message) ([]byte, error) {
	s.Log = append(s.Log, "deaf")
	return nil, wire.Err(wire.Failed, "As it was told.")
}

func touch(_ *actor.Tx, s *actortest.State, _ *actor.Message) ([]byte, error) {
	s.N++
	return nil, nil
}

// log is what a CA has kept, as it is stored.
func (w *world) log(ca string) []string {
	var s actortest.State
	if value, _ := w.Memory.Get("app:"+ca, []byte("hB")); value != nil {
		_ = w.Class.Decode(value, &s)
	}
	return s.Log
}

// soon has a carrier answer after it has returned.
func (w *world) soon(answer func()) {
	w.coming.Add(1)
	go func() {
		defer w.coming.Add(-1)
		answer()
	}()
}

// rests tells whether nothing is under way but calls that get no answer.
func (w *world) rests() bool {
	waiting := func() bool { return int64(w.live.Load().Underway()) == w.host.hung.Load()+w.unanswered.Load() }
	return w.coming.Load() == 0 && waiting() && w.Runtime.Quiet() && waiting()
}

// pass moves the clock, unless something is under way: else that would be late by accident.
func (w *world) pass(d time.Duration) {
	if w.rests() {
		w.Clock.Advance(d)
	}
}

// hears waits until a CA has kept something, and sees that it is what was to come.
func (w *world) hears(ca string, lines ...string) {
	w.T.Helper()
	w.Until(fmt.Sprint(ca, " to hear ", lines), func() bool {
		w.pass(100 * time.Millisecond)
		return len(w.log(ca)) >= len(lines)
	})
	if !slices.Equal(w.log(ca), lines) {
		w.T.Errorf("%s has heard %q, not %q", ca, w.log(ca), lines)
	}
}

// pending are the keys of a CA's fetches.
func (w *world) pending(ca string) (n int) {
	for _, key := range w.Memory.Keys("app:" + ca) {
		if key[0] == 'F' || key[:2] == "hF" {
			n++
		}
	}
	return n
}

func (w *world) gone(ca string) {
	w.T.Helper()
	w.Until("nothing to be kept", func() bool { return w.pending(ca) == 0 })
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
