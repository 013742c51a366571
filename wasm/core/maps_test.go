package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// Mirrors in the module: the native side of random scripts, and the cases of internal/sharedmap/testdata/mirror.

func (p *native) inputMap(l *nativeLink, o op) {
	m, sub := l.mirrors, uint32(o.N)
	switch o.Op {
	case "newMap":
		p.log("map", m.Add(o.A))
	case "seedMap":
		m.Seed(sub, o.Frame)
	case "openMap":
		m.Start(o.Now, sub, o.Epoch, o.Version)
	case "closeMap":
		m.Close(o.Now, sub)
	case "setPresence":
		m.SetPresence(o.Now, sub, uint32(o.Seat), o.Frame)
	}
}

// hand gives an event of the link to the mirrors, topics and calls.
func (p *native) hand(o op, l *nativeLink, e link.Event) {
	switch e.Kind {
	case link.Frame:
		l.flawed = l.mirrors.Received(o.Now, e.Data) != nil || l.topics.Received(o.Now, e.Data) != nil || l.calls.Received(o.Now, e.Data) != nil || l.flawed
	case link.Changed:
		online := e.State.Status == link.Resuming || e.State.Status == link.Live
		switch {
		case online && !l.online:
			l.mirrors.Connected(o.Now)
			l.topics.Connected(o.Now)
			l.calls.Connected(o.Now)
		case !online && l.online:
			l.mirrors.Disconnected(o.Now)
			l.topics.Disconnected(o.Now)
			l.calls.Disconnected(o.Now)
		}
		l.online = online
	}
}

func (p *native) drainMaps(id int32, l *nativeLink) {
	for e, ok := l.mirrors.Next(); ok; e, ok = l.mirrors.Next() {
		data := hex.EncodeToString(e.Data)
		switch e.Kind {
		case sharedmap.MirrorSend:
			l.SendFrame(e.Data)
		case sharedmap.MirrorTurned:
			code, message, _ := reason(e.Err)
			p.log("mapState", id, e.Sub, e.State, code, message)
		case sharedmap.MirrorChanged:
			p.log("mapChanged", id, e.Sub, bit(e.Reset)+2*bit(e.Part)+4*bit(e.More), e.Epoch, e.Version, data)
		case sharedmap.MirrorPresence:
			p.log("mapPresence", id, e.Sub, e.Who, bit(e.Reset), data)
		}
	}
}

// openMaps begins a script with two maps, one of them from a cache.
func openMaps(now int64) []op {
	seed := cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "k1"), 1)
	return []op{
		{Op: "newMap", Link: 1, A: "app:alice/home/board"}, {Op: "seedMap", Link: 1, N: 1, Frame: seed},
		{Op: "newMap", Link: 1, A: "app:alice/home/other"}, {Op: "newMap", Link: 1, A: "app:alice/home/other"},
		{Op: "openMap", Link: 1, Now: now, N: 1, Epoch: 7, Version: 3}, {Op: "openMap", Link: 1, Now: now, N: 2},
	}
}

func drawMap(r *rand.Rand, o *op, conn int32) {
	switch k := r.IntN(20); {
	case k == 0:
		o.Op, o.A = "newMap", "app:alice/home/"+[]string{"board", "other", "third"}[r.IntN(3)]
	case k == 1:
		o.Op, o.N = "openMap", int32(1+r.IntN(4))
	case k == 2 && r.IntN(4) == 0:
		o.Op, o.N = "closeMap", int32(1+r.IntN(4))
	case k < 6:
		o.Op, o.N, o.Seat, o.Frame = "setPresence", int32(1+r.IntN(3)), int32(r.IntN(3)*r.IntN(33)), drawBatch(r, 1)
	default:
		o.Op, o.N, o.Frame = "received", conn, drawMapFrame(r)
	}
}

func drawMapFrame(r *rand.Rand) []byte {
	sub, epoch, version := uint32(1+r.IntN(3)), uint64(7+r.IntN(20)/19), uint64(r.IntN(12))
	codes := []wire.Code{wire.Overloaded, wire.Unavailable, wire.NotAllowed}
	switch k := r.IntN(40); {
	case k < 12:
		return wire.MapOpened{
			Sub: sub, ID: uint64(sub), Who: 9, Epoch: epoch, Version: version, From: uint64(r.IntN(int(version) + 1)), Snapshot: r.IntN(2) == 0,
		}.Append(nil)
	case k < 22:
		return wire.MapPart{Sub: sub, Epoch: 7, Version: 8, Last: r.IntN(2) == 0, Entries: drawBatch(r, 3)}.Append(nil)
	case k < 24:
		return wire.MapEnd{Sub: sub, Err: wire.Error{Code: codes[r.IntN(8)/3], Message: "so", RetryAfter: int64(r.IntN(2000))}}.Append(nil)
	case k < 26:
		others := cbor.AppendText(cbor.AppendUint([]byte{0x81, 0x83}, uint64(r.IntN(3))), "bob")
		return wire.Presence{ID: uint64(sub), Reset: r.IntN(2) == 0, Changed: drawInto(r, others), Gone: []byte{0x81, 2}}.Append(nil)
	case k < 27:
		return append(wire.AppendMapDelta(nil, 1), 0x82, 1, 1)
	}
	n := 1 + r.IntN(2)
	frame := wire.AppendMapDelta(nil, n)
	for id := range n {
		frame = appendSection(r, frame, uint64(1+id), epoch, version)
	}
	return frame
}

func appendSection(r *rand.Rand, frame []byte, id, epoch, from uint64) []byte {
	frame = cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(frame, 6), id), epoch)
	frame = cbor.AppendUint(cbor.AppendUint(frame, from), from+1+uint64(r.IntN(3)))
	frame = append(frame, drawBatch(r, 3)...)
	return cbor.AppendText(cbor.AppendArrayHeader(frame, 1), "k2")
}

// drawBatch is a map of up to n entries.
func drawBatch(r *rand.Rand, n int) []byte {
	n = r.IntN(n + 1)
	batch := cbor.AppendMapHeader(nil, n)
	for i := range n {
		batch = drawInto(r, cbor.AppendText(batch, "k"+strconv.Itoa(i)))
	}
	return batch
}

func drawInto(r *rand.Rand, dst []byte) []byte {
	return cbor.AppendBytes(dst, make([]byte, r.IntN(40)))
}

// TestModulePlaysTheCasesOfMirrors plays each case as the frames, cuts and calls that lead to its inputs.
func TestModulePlaysTheCasesOfMirrors(t *testing.T) {
	wasm, support := buildModule(t)
	files, _ := filepath.Glob("../../internal/sharedmap/testdata/mirror/*.json")
	if len(files) < 10 {
		t.Fatalf("only %d cases", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			steps := readCase(t, file)
			script, n := caseScript(t, steps)
			got := heard(t, playModule(t, wasm, support, script))
			for i := range n {
				if got, want := sendsLast(got[i]), sendsLast(normal(t, steps[i].Tells)); !reflect.DeepEqual(got, want) {
					t.Fatalf("step %d tells\n%v, not\n%v", i, got, want)
				}
			}
		})
	}
}

type caseStep struct {
	After        int64               `json:"after"`
	Add          string              `json:"add"`
	Seed         [][]json.RawMessage `json:"seed"`
	Start        []uint64            `json:"start"`
	Connected    bool                `json:"connected"`
	Disconnected bool                `json:"disconnected"`
	Received     json.RawMessage     `json:"received"`
	Refused      bool                `json:"refused"`
	Present      []json.RawMessage   `json:"present"`
	Close        int32               `json:"close"`
	Tick         bool                `json:"tick"`
	Dump         int32               `json:"dump"`
	Tells        any                 `json:"tells"`
}

func readCase(t *testing.T, file string) []caseStep {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Steps []caseStep }
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c.Steps
}

// caseScript makes the script of a case, and tells how many steps it holds: those after a malformed frame, which the module hangs up on, are left out.
func caseScript(t *testing.T, steps []caseStep) (script []op, n int) {
	now, conn, subs := int64(1_700_000_000_000_000), int32(1), int32(0)
	put := func(o op) {
		o.Link, o.Now = 1, now
		script = append(script, o)
	}
	put(op{Op: "start", A: "token", B: "client"})
	for i, s := range steps {
		if s.Refused {
			break
		}
		now += s.After * 1000
		put(op{Op: "mark", N: int32(i)})
		switch {
		case s.Add != "":
			subs++
			putMap(t, put, s, subs)
		case s.Connected:
			put(op{Op: "connected", N: conn})
			welcome := wire.Welcome{Version: 1, Owner: "alice", Now: now, MaxFrame: 1 << 20, MaxInflight: 1}
			put(op{Op: "received", N: conn, Frame: welcome.Append(nil)})
		case s.Disconnected:
			put(op{Op: "disconnected", N: conn})
			put(op{Op: "retryNow"})
			conn++
		case s.Received != nil:
			put(op{Op: "received", N: conn, Frame: toCBOR(t, s.Received)})
		case s.Present != nil:
			put(op{Op: "setPresence", N: 1, Seat: seatOf(t, s.Present), Frame: toCBOR(t, s.Present[1])})
		case s.Close != 0:
			put(op{Op: "closeMap", N: s.Close})
		case s.Tick:
			put(op{Op: "tick"})
		case s.Dump != 0:
			put(op{Op: "dumpMap", N: s.Dump})
		}
		n++
	}
	put(op{Op: "mark", N: int32(n)})
	return script, n
}

func putMap(t *testing.T, put func(op), s caseStep, sub int32) {
	put(op{Op: "newMap", A: s.Add})
	for _, batch := range s.Seed {
		var raw []byte
		for _, half := range batch {
			raw = append(raw, toCBOR(t, half)...)
		}
		put(op{Op: "seedMap", N: sub, Frame: raw})
	}
	start := append(s.Start, 0, 0)
	put(op{Op: "openMap", N: sub, Epoch: start[0], Version: start[1]})
}

func seatOf(t *testing.T, present []json.RawMessage) (seat int32) {
	if len(present) > 2 {
		if err := json.Unmarshal(present[2], &seat); err != nil {
			t.Fatal(err)
		}
	}
	return seat
}

// heard is what the module told of maps, step by step, in the words of the cases.
func heard(t *testing.T, lines []string) map[int]any {
	out := map[int]any{}
	step, tells := -1, []any{}
	for _, text := range lines {
		var l []any
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		switch l[0] {
		case "mark":
			out[step] = normal(t, tells)
			step, tells = int(l[1].(float64)), []any{}
		case "mapState":
			tells = append(tells, []any{"state", l[2], sharedmap.MirrorState(l[3].(float64)).String(), l[4]})
		case "mapChanged":
			set, deleted := batchJSON(t, l[6])
			tells = append(tells, []any{"changed", l[2], flagNames(int(l[3].(float64))), l[4], l[5], set, deleted})
		case "mapPresence":
			r := cbor.NewReader(unhex(t, l[5]))
			tells = append(tells, []any{"presence", l[2], l[3], l[4] == 1.0, toJSON(t, r.Raw()), toJSON(t, r.Raw())})
		case "send":
			if frame := unhex(t, l[3]); wire.Kind(frame) >= wire.FirstFeature {
				tells = append(tells, []any{"send", toJSON(t, frame)})
			}
		}
	}
	return out
}

// sendsLast moves what is sent behind what is told: in the module it passes through the link first.
func sendsLast(tells any) (sorted []any) {
	var sends []any
	for _, tell := range tells.([]any) {
		if tell.([]any)[0] == "send" {
			sends = append(sends, tell)
		} else {
			sorted = append(sorted, tell)
		}
	}
	return append(sorted, sends...)
}

func flagNames(flags int) string {
	var names []string
	for i, name := range []string{"reset", "part", "more"} {
		if flags>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

func batchJSON(t *testing.T, text any) (set map[string]any, deleted []string) {
	set, deleted = map[string]any{}, []string{}
	r := cbor.NewReader(unhex(t, text))
	for n := r.Map(); n > 0; n-- {
		key := r.Text()
		set[key] = toJSON(t, r.Raw())
	}
	if len(r.Rest()) > 0 {
		for n := r.Array(); n > 0; n-- {
			deleted = append(deleted, r.Text())
		}
	}
	return set, deleted
}

func unhex(t *testing.T, text any) []byte {
	b, err := hex.DecodeString(text.(string))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func toCBOR(t *testing.T, text json.RawMessage) []byte {
	raw, err := jsoncbor.FromJSON(text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func toJSON(t *testing.T, raw []byte) json.RawMessage {
	text, err := jsoncbor.ToJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// normal is v as JSON has it.
func normal(t *testing.T, v any) (out any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(text)).Decode(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
