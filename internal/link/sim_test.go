package link

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const (
	second = int64(1_000_000)
	hour   = 3600 * second
	epoch  = 1_790_000_000 * second
)

// A world is one link, one socket that may be cut at any instant, and a model of the server: receipts survive its restarts, notes don't.
type world struct {
	t    fataler
	rnd  *rand.Rand
	now  int64
	skew int64 // the server's clock minus the client's
	l    *Link
	runs int

	conn     uint64   // the socket as the client sees it, 0 none
	up, down [][]byte // frames on their way, in order
	srv      server

	ch       uint32
	asked    map[uint64]int     // request → its payload
	answers  map[uint64][]Event // request → what it was told
	state    State
	notes    []uint64
	lost     uint64
	restarts int
	closed   []*wire.Error
	tokens   int
	frames   int
	samples  []Instants
}

type receipt struct {
	at     int64
	result []byte
}

type execution struct {
	key  string
	conn uint64
	req  wire.Request
}

// server is the model: it runs what it was sent in any order, but for copies, once for each run and id, unless the receipt is more than a day old.
type server struct {
	receipts map[string]receipt
	ran      map[int]int // payload → executions
	running  []execution
	sessions map[string]*session
	open     map[uint32]*session // channels of the socket
	run      map[uint32]string
	window   uint32
	busy     bool // refuses everything with overloaded, at the door
	spent    bool // methods refuse with quota, which leaves no receipt
	bye      *wire.Bye
	expires  int64
}

type session struct {
	run    string
	notes  []uint64
	seq    uint64
	sent   uint64
	ch     uint32
	online bool
}

// fataler is a testing.T or a rapid.T.
type fataler interface{ Fatalf(string, ...any) }

func newWorld(t fataler, seed uint64) *world {
	w := &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), now: epoch, skew: 7 * second,
		asked: map[uint64]int{}, answers: map[uint64][]Event{},
		srv: server{receipts: map[string]receipt{}, ran: map[int]int{}, sessions: map[string]*session{}, window: 4},
	}
	w.l = New(Config{Client: "sim", Token: "t", Seed: seed, Renews: true, Run: func() string {
		w.runs++
		return fmt.Sprintf("run-%012d", w.runs)
	}})
	w.l.Start(w.now)
	w.ch = w.l.Open(w.now, "counter:alice/home", "phone", 0)
	w.drain()
	return w
}

func (w *world) drain() {
	for e, ok := w.l.Next(); ok; e, ok = w.l.Next() {
		w.apply(e)
	}
	if wake := w.l.Wake(); wake != 0 && wake <= w.now {
		w.l.Tick(w.now)
		w.drain()
	}
}

func (w *world) apply(e Event) {
	switch e.Kind {
	case Dial:
		w.conn = e.Conn
	case HangUp:
		w.lose()
	case Send:
		if e.Conn == w.conn {
			w.up = append(w.up, e.Data)
		}
	case Token:
		w.tokens++
	case Changed:
		w.state = e.State
	case Answer:
		w.answers[e.Req] = append(w.answers[e.Req], e)
	case Note:
		w.notes, w.lost = append(w.notes, e.Seq), w.lost+e.Dropped
	case Opened:
		if e.First || !e.Resumed {
			w.notes, w.lost = nil, 0
			w.restarts++
		}
	case Closed:
		w.closed = append(w.closed, e.Err)
	case Frame:
		w.frames++
	case Sample:
		w.samples = append(w.samples, e.Instants)
	}
}

// lose drops the socket and all that was on its way.
func (w *world) lose() {
	w.conn, w.up, w.down = 0, nil, nil
	for _, s := range w.srv.open {
		s.online = false
	}
	w.srv.open = nil
}

func (w *world) connect() {
	if w.conn != 0 && w.srv.open == nil {
		w.srv.open, w.srv.run = map[uint32]*session{}, map[uint32]string{}
		w.l.Connected(w.now, w.conn)
		w.drain()
	}
}

func (w *world) cut() {
	conn := w.conn
	w.lose()
	w.l.Disconnected(w.now, conn)
	w.drain()
}

func (w *world) restart() {
	w.cut()
	w.srv.running, w.srv.sessions = nil, map[string]*session{}
}

// pass lets time go by, with ticks where the link wants them.
func (w *world) pass(d int64) {
	end := w.now + d
	for w.l.Wake() != 0 && w.l.Wake() <= end {
		w.now = max(w.now, w.l.Wake())
		w.l.Tick(w.now)
		w.drain()
	}
	w.now = end
	for key, r := range w.srv.receipts {
		if w.serverNow()-r.at > wire.ReceiptsFor {
			delete(w.srv.receipts, key)
		}
	}
}

func (w *world) serverNow() int64 { return w.now + w.skew }

func (w *world) request(payload int, deadline int64) uint64 {
	req := w.l.Request(w.now, w.ch, "Add", cbor.AppendInt([]byte{0x81}, int64(payload)), deadline)
	w.asked[req] = payload
	w.drain()
	return req
}

// toClient delivers one frame.
func (w *world) toClient() bool {
	if len(w.down) == 0 {
		return false
	}
	f := w.down[0]
	w.down = w.down[1:]
	w.l.Received(w.now, w.conn, f)
	w.drain()
	return true
}

// toServer delivers one frame.
func (w *world) toServer() bool {
	if len(w.up) == 0 || w.srv.open == nil {
		return false
	}
	f := w.up[0]
	w.up = w.up[1:]
	w.serve(f)
	return true
}

func (w *world) reply(f interface{ Append([]byte) []byte }) { w.down = append(w.down, f.Append(nil)) }

func must[T any](w *world, f T, err error) T {
	if err != nil {
		w.t.Fatalf("the link sent a bad frame: %v", err)
	}
	return f
}

func (w *world) serve(b []byte) {
	switch kind := wire.Kind(b); kind {
	case wire.KindHello:
		_, err := wire.ParseHello(b)
		must(w, 0, err)
		if w.srv.bye != nil {
			w.reply(*w.srv.bye)
			return
		}
		w.welcome()
	case wire.KindAuth:
		w.welcome()
	case wire.KindOpen:
		f, err := wire.ParseOpen(b)
		w.serveOpen(must(w, f, err))
	case wire.KindRequest:
		f, err := wire.ParseRequest(b)
		w.serveRequest(must(w, f, err))
	case wire.KindSeen:
		f, err := wire.ParseSeen(b)
		w.srv.open[must(w, f, err).Ch].see(f.Seq)
	case wire.KindPing:
		f, err := wire.ParsePing(b)
		w.reply(wire.Pong{T: must(w, f, err).T, Received: w.serverNow(), Now: w.serverNow()})
	case wire.KindClose:
	default:
		w.t.Fatalf("kind %d", kind)
	}
}

func (w *world) welcome() {
	w.reply(wire.Welcome{Version: 1, Owner: "alice", Now: w.serverNow(), Expires: w.srv.expires, MaxFrame: wire.MaxFrame, MaxInflight: w.srv.window})
}

func (w *world) serveOpen(f wire.Open) {
	if f.Stamp != 0 && w.serverNow()-f.Stamp > wire.ResumeWithin {
		w.reply(wire.Failure{Ch: f.Ch, Err: wire.Error{Code: wire.SessionExpired}})
		return
	}
	s := w.srv.sessions[f.Session]
	resumed := s != nil && s.run == f.Run
	if !resumed {
		s = &session{run: f.Run}
		w.srv.sessions[f.Session] = s
		f.Seen = 0
	}
	s.see(f.Seen)
	s.sent, s.ch, s.online = f.Seen, f.Ch, true
	w.srv.open[f.Ch], w.srv.run[f.Ch] = s, f.Run
	w.reply(wire.Opened{Ch: f.Ch, Resumed: resumed, Now: w.serverNow()})
	w.sendNotes(s)
}

func (s *session) see(seq uint64) {
	for s != nil && len(s.notes) > 0 && s.notes[0] <= seq {
		s.notes = s.notes[1:]
	}
}

func (w *world) sendNotes(s *session) {
	for _, seq := range s.notes {
		if s.online && seq > s.sent {
			w.reply(wire.Note{Ch: s.ch, Seq: seq, Dropped: seq - s.sent - 1})
			s.sent = seq
		}
	}
}

func (w *world) note() {
	s := w.srv.sessions["phone"]
	if s == nil {
		return
	}
	s.seq++
	if s.notes = append(s.notes, s.seq); len(s.notes) > 3 {
		s.notes = s.notes[1:]
	}
	w.sendNotes(s)
}

func (w *world) serveRequest(f wire.Request) {
	run, ok := w.srv.run[f.Ch]
	switch {
	case !ok:
		w.t.Fatalf("request %d on a channel that is not open", f.ID)
	case w.flying() >= int(w.srv.window):
		w.t.Fatalf("more than %d in flight", w.srv.window)
	case w.srv.busy:
		w.reply(wire.Failure{Ch: f.Ch, ID: f.ID, Err: wire.Error{Code: wire.Overloaded, RetryAfter: 100}})
		return
	}
	key := fmt.Sprint(run, "#", f.ID)
	if r, ok := w.srv.receipts[key]; ok {
		if !f.Retry {
			w.t.Fatalf("id %d came twice without retry", f.ID)
		}
		w.reply(wire.Reply{Ch: f.Ch, ID: f.ID, Result: r.result})
		return
	}
	w.srv.running = append(w.srv.running, execution{key, w.conn, f})
}

// flying counts what this socket has asked and not been told.
func (w *world) flying() (n int) {
	for _, e := range w.srv.running {
		if e.conn == w.conn {
			n++
		}
	}
	return n
}

// execute runs one request, which one is random, and replies if its socket is still there. A copy comes after the one before it, and joins its receipt.
func (w *world) execute() bool {
	if len(w.srv.running) == 0 {
		return false
	}
	i := w.rnd.IntN(len(w.srv.running))
	key := w.srv.running[i].key
	i = slices.IndexFunc(w.srv.running, func(e execution) bool { return e.key == key })
	e := w.srv.running[i]
	w.srv.running = append(w.srv.running[:i], w.srv.running[i+1:]...)
	r, ok := w.srv.receipts[e.key]
	if !ok && w.srv.spent {
		if e.conn == w.conn && w.srv.open != nil {
			w.reply(wire.Failure{Ch: e.req.Ch, ID: e.req.ID, Err: wire.Error{Code: wire.Quota, RetryAfter: 60_000}})
		}
		return true
	}
	if !ok {
		in := cbor.NewReader(e.req.Args[1:])
		payload := int(in.Int())
		w.srv.ran[payload]++
		r = receipt{w.serverNow(), cbor.AppendInt(nil, int64(payload))}
		w.srv.receipts[e.key] = r
	}
	if e.conn == w.conn && w.srv.open != nil {
		w.reply(wire.Reply{Ch: e.req.Ch, ID: e.req.ID, Result: r.result})
	}
	return true
}

// settle lets everything happen until nothing is left to do but wait.
func (w *world) settle() {
	for range 10_000 {
		w.connect()
		if !w.toServer() && !w.toClient() && !w.execute() {
			if len(w.answers) == len(w.asked) && w.state.Status == Live {
				return
			}
			w.pass(second)
		}
	}
	w.t.Fatalf("never settled: %+v, %d of %d answered", w.state, len(w.answers), len(w.asked))
}

// verify checks what must hold for every request.
func (w *world) verify() {
	for req, payload := range w.asked {
		got := w.answers[req]
		if len(got) != 1 {
			w.t.Fatalf("request %d was answered %d times: %+v", req, len(got), got)
		}
		w.verifyOne(payload, got[0])
	}
	for i := 1; i < len(w.notes); i++ {
		if w.notes[i] <= w.notes[i-1] {
			w.t.Fatalf("notes out of order: %v", w.notes)
		}
	}
	if n := len(w.notes); n > 0 && uint64(n)+w.lost != w.notes[n-1] {
		w.t.Fatalf("%d notes, %d lost, but the last is %d", n, w.lost, w.notes[n-1])
	}
}

func (w *world) verifyOne(payload int, e Event) {
	ran := w.srv.ran[payload]
	switch {
	case ran > 1:
		w.t.Fatalf("payload %d ran %d times", payload, ran)
	case e.Err == nil:
		r := cbor.NewReader(e.Data)
		if ran != 1 || int(r.Int()) != payload {
			w.t.Fatalf("payload %d ran %d times, result %x", payload, ran, e.Data)
		}
	case e.Err.Code != wire.Deadline && e.Err.Code != wire.SessionExpired && ran != 0:
		w.t.Fatalf("payload %d ran, and its caller was told %v", payload, e.Err)
	}
}
