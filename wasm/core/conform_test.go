package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// The module must behave as package link does natively: random scripts of inputs are played on both, and what they ask and tell is
// compared line by line. The frames in a script are the server's in form, but come without regard to what was asked.

// op is one input. Which fields count depends on Op.
type op struct {
	Op      string `json:"op"`
	Link    int32  `json:"link"`
	Now     int64  `json:"now"`
	N       int32  `json:"n"` // connection, channel or notes to keep
	A       string `json:"a"` // token, name or method
	B       string `json:"b"` // client or session
	Frame   []byte `json:"frame"`
	Timeout int64  `json:"timeout"`
	Seat    int32  `json:"seat"`
	Epoch   uint64 `json:"epoch"`
	Version uint64 `json:"version"`
}

func TestModuleDoesWhatPackageLinkDoes(t *testing.T) {
	wasm, support := buildModule(t)
	for seed := range uint64(20) {
		script := makeScript(rand.New(rand.NewPCG(seed, 1)), 800)
		want, got := inOrder(playNative(script)), inOrder(playModule(t, wasm, support, script))
		for i := range max(len(want), len(got)) {
			if i >= len(want) || i >= len(got) || want[i] != got[i] {
				t.Fatalf("script %d, line %d:\nnative %.300s\nmodule %.300s", seed, i, line(want, i), line(got, i))
			}
		}
		if len(want) < 200 {
			t.Fatalf("script %d shows next to nothing: %d lines", seed, len(want))
		}
	}
}

// inOrder sorts deadlines that pass together: package link tells them in any order.
func inOrder(lines []string) []string {
	late := func(i int) bool { return i < len(lines) && strings.Contains(lines[i], `"deadline"`) }
	for i := 0; i < len(lines); i++ {
		end := i
		for late(end) {
			end++
		}
		slices.Sort(lines[i:end])
		i = max(i, end-1)
	}
	return lines
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

func buildModule(t *testing.T) (wasm, support string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is not installed: it runs the module")
	}
	wasm = filepath.Join(t.TempDir(), "wab.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", wasm, ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return wasm, filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js")
}

func playModule(t *testing.T, wasm, support string, script []op) []string {
	t.Helper()
	input, err := json.Marshal(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/harness.mjs", support, wasm)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.Bytes())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// native plays scripts on package link, on mirrors, on followed topics and on calls themselves.
type native struct {
	links map[int32]*nativeLink
	wakes map[int32]int64
	lines []string
	draws byte
}

type nativeLink struct {
	*link.Link
	mirrors *sharedmap.Mirrors
	topics  *follow.Topics
	calls   *dial.Calls
	online  bool
	flawed  bool
}

func playNative(script []op) []string {
	p := &native{links: map[int32]*nativeLink{}, wakes: map[int32]int64{}}
	for _, o := range script {
		p.play(o)
	}
	return p.lines
}

func (p *native) play(o op) {
	l := p.links[o.Link]
	switch {
	case o.Op == "start":
		seed := binary.LittleEndian.Uint64(p.random(8))
		l = &nativeLink{mirrors: sharedmap.NewMirrors(seed), topics: follow.New(seed), calls: dial.New(seed)}
		l.Link = link.New(link.Config{Token: o.A, Client: o.B, Renews: true, Seed: seed, Run: func() string { return hex.EncodeToString(p.random(16)) }})
		p.links[o.Link] = l
		l.Start(o.Now)
	case l == nil:
		p.playGone(o)
	default:
		p.input(l, o)
	}
	if l != nil {
		p.drain(o, l)
	}
	if o.Op == "stop" {
		delete(p.links, o.Link)
	}
}

func (p *native) playGone(o op) {
	switch o.Op {
	case "open":
		p.log("channel", 0)
	case "request":
		p.log("request", 0)
	case "newMap":
		p.log("map", 0)
	case "openTopic":
		p.log("topic", 0)
	case "openCall":
		p.log("call", 0)
	case "sendCall":
		p.log("said", 0)
	}
}

func (p *native) input(l *nativeLink, o op) {
	switch o.Op {
	case "stop":
		l.Stop(o.Now)
	case "setToken":
		l.SetToken(o.Now, o.A)
	case "noToken":
		l.NoToken(o.Now, l.State().Reason)
	case "retryNow":
		l.RetryNow(o.Now)
	case "connected":
		l.Connected(o.Now, uint64(o.N))
	case "disconnected":
		l.Disconnected(o.Now, uint64(o.N))
	case "received":
		l.Received(o.Now, uint64(o.N), o.Frame)
	case "tick":
		p.wakes[o.Link] = 0
		l.Tick(o.Now)
		l.mirrors.Tick(o.Now)
		l.topics.Tick(o.Now)
		l.calls.Tick(o.Now)
	case "open":
		p.log("channel", l.Open(o.Now, o.A, o.B, uint32(o.N)))
	case "close":
		l.Close(o.Now, uint32(o.N))
	case "request":
		deadline := int64(0)
		if o.Timeout > 0 {
			deadline = o.Now + o.Timeout
		}
		p.log("request", l.Request(o.Now, uint32(o.N), o.A, o.Frame, deadline))
	case "openTopic", "closeTopic":
		p.inputTopic(l, o)
	case "openCall", "helloCall", "sendCall", "closeCall":
		p.inputCall(l, o)
	default:
		p.inputMap(l, o)
	}
}

func (p *native) drain(o op, l *nativeLink) {
	p.drainLink(o, l)
	if l.flawed {
		l.flawed = false
		l.Disconnected(o.Now, uint64(o.N))
		p.drainLink(o, l)
	}
}

func (p *native) drainLink(o op, l *nativeLink) {
	p.drainMaps(o.Link, l)
	p.drainTopics(o.Link, l)
	p.drainCalls(o.Link, l)
	for e, ok := l.Next(); ok; e, ok = l.Next() {
		p.tell(o.Link, e)
		p.hand(o, l, e)
		p.drainMaps(o.Link, l)
		p.drainTopics(o.Link, l)
		p.drainCalls(o.Link, l)
	}
	if wake := sooner(sooner(l.Wake(), l.mirrors.Wake()), sooner(l.topics.Wake(), l.calls.Wake())); wake != p.wakes[o.Link] {
		p.wakes[o.Link] = wake
		p.log("wake", o.Link, wake)
	}
}

func (p *native) tell(id int32, e link.Event) {
	data := hex.EncodeToString(e.Data)
	switch e.Kind {
	case link.Dial:
		p.log("dial", id, e.Conn)
	case link.HangUp:
		p.log("hangUp", id, e.Conn)
	case link.Send:
		p.log("send", id, e.Conn, data)
	case link.Token:
		p.log("renew", id)
	case link.Changed:
		code, message, _ := reason(e.State.Reason)
		p.log("state", id, e.State.Status, e.State.Next, code, message)
	case link.Opened:
		p.log("opened", id, e.Ch, bit(e.First), bit(e.Resumed))
	case link.Closed:
		code, message, _ := reason(e.Err)
		p.log("closed", id, e.Ch, code, message)
	case link.Note:
		p.log("note", id, e.Ch, e.Seq, e.Dropped, data)
	case link.Answer:
		if e.Err == nil {
			p.log("reply", id, e.Ch, e.Req, data)
			return
		}
		code, message, retry := reason(e.Err)
		p.log("failure", id, e.Ch, e.Req, code, message, retry)
	}
}

func reason(err *wire.Error) (code wire.Code, message string, retry int64) {
	if err == nil {
		return "", "", 0
	}
	return err.Code, err.Message, err.RetryAfter
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *native) log(items ...any) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(items); err != nil {
		panic(err)
	}
	p.lines = append(p.lines, strings.TrimSpace(buf.String()))
}

// random is the harness's source: 0, 1, 2, …
func (p *native) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = p.draws
		p.draws++
	}
	return b
}

// makeScript draws inputs on two links: mostly sensible ones, so that the links get far.
func makeScript(r *rand.Rand, steps int) []op {
	now := int64(1_700_000_000_000_000)
	conn := map[int32]int32{1: 1, 2: 1}
	script := []op{{Op: "start", Link: 1, Now: now, A: "token", B: "client"}}
	script = append(append(script, openMaps(now)...), openTopics(now)...)
	script = append(script, op{Op: "openCall", Link: 1, Now: now, A: room, Frame: []byte{1}})
	for range steps {
		now += int64(r.ExpFloat64() * 300_000)
		o := op{Link: 1 + int32(r.IntN(10)/9), Now: now}
		draw(r, &o, conn)
		script = append(script, o)
	}
	return script
}

func draw(r *rand.Rand, o *op, conn map[int32]int32) {
	o.N = 1 + int32(r.IntN(3))
	switch k := r.IntN(100); {
	case k < 2:
		o.Op, o.A, o.B = "start", "täken", "c"
		conn[o.Link] = 1
	case k < 3:
		o.Op = "stop"
	case k < 12:
		o.Op, o.N = "connected", conn[o.Link]
	case k < 14:
		o.Op, o.N = "disconnected", conn[o.Link]
		conn[o.Link]++
	case k < 28:
		o.Op, o.Now = "tick", o.Now+int64(r.IntN(2_000_000))
	case k < 32:
		o.Op = "retryNow"
	case k < 34:
		o.Op, o.A = "setToken", "another"
	case k < 35:
		o.Op = "noToken"
	case k < 42:
		o.Op, o.A, o.B = "open", "counter:alice/home", "phone"
	case k < 44:
		o.Op = "close"
	case k < 64:
		o.Op, o.A, o.Timeout = "request", "Add", int64(r.IntN(2))*5_000_000
		o.Frame = cbor.AppendBytes(cbor.AppendArrayHeader(nil, 1), make([]byte, r.IntN(1<<r.IntN(18))))
	case k < 90:
		o.Op, o.N, o.Frame = "received", conn[o.Link], drawFrame(r, o.Now)
	case k < 95:
		drawMap(r, o, conn[o.Link])
	case k < 98:
		drawTopic(r, o, conn[o.Link], uint32(1+r.IntN(8)))
	default:
		drawCall(r, o, conn[o.Link], uint32(1+r.IntN(8)))
	}
}

func drawFrame(r *rand.Rand, now int64) []byte {
	ch, id := uint32(1+r.IntN(4)), uint64(r.IntN(12))
	codes := []wire.Code{wire.Failed, wire.Overloaded, wire.Unavailable, wire.SessionExpired, wire.NotAllowed}
	err := wire.Error{Code: codes[r.IntN(len(codes))], Message: "why – so", RetryAfter: int64(r.IntN(3000))}
	switch k := r.IntN(40); {
	case k < 8:
		return wire.Welcome{Version: 1, Build: "b", Owner: "alice", Now: now, Expires: []int64{0, now + 30_000_000}[r.IntN(2)], MaxFrame: 1 << 16, MaxInflight: uint32(1 + r.IntN(4))}.Append(nil)
	case k < 18:
		return wire.Opened{Ch: ch, Resumed: r.IntN(2) == 0, Now: now}.Append(nil)
	case k < 26:
		return wire.Reply{Ch: ch, ID: id, Result: cbor.AppendText(nil, "result")}.Append(nil)
	case k < 31:
		return wire.Failure{Ch: ch, ID: id, Err: err}.Append(nil)
	case k < 36:
		return wire.Note{Ch: ch, Seq: uint64(r.IntN(1000)), Dropped: id, Value: cbor.AppendBool(nil, true)}.Append(nil)
	case k < 37:
		return wire.Pong{T: now - 1000, Received: now, Now: now}.Append(nil)
	case k < 38:
		return wire.Bye{Code: []wire.Code{wire.Unavailable, wire.Unauthenticated}[r.IntN(4)/3], Message: "restart", ReconnectAfter: int64(r.IntN(3)) - 1}.Append(nil)
	case k < 39:
		return []byte{0x82, 0x18, 99, 0}
	}
	return []byte{0x81, 0x18, 36}
}
