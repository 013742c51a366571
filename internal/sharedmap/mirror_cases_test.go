package sharedmap_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

var update = flag.Bool("update", false, "write what the cases tell anew")

// The cases are described in testdata/mirror/README.md.

type mirrorCase struct {
	About string        `json:"about"`
	Steps []*mirrorStep `json:"steps"`
}

type mirrorStep struct {
	After        int64               `json:"after,omitempty"`
	Add          string              `json:"add,omitempty"`
	Seed         [][]json.RawMessage `json:"seed,omitempty"`
	Start        []uint64            `json:"start,omitempty"`
	Connected    bool                `json:"connected,omitempty"`
	Disconnected bool                `json:"disconnected,omitempty"`
	Received     json.RawMessage     `json:"received,omitempty"`
	Refused      bool                `json:"refused,omitempty"`
	Present      []json.RawMessage   `json:"present,omitempty"`
	Close        uint32              `json:"close,omitempty"`
	Tick         bool                `json:"tick,omitempty"`
	Dump         uint32              `json:"dump,omitempty"`
	Tells        []any               `json:"tells"`
	Sees         map[string]any      `json:"sees,omitempty"`
}

func TestMirrorCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/mirror/*.json")
	if len(files) < 10 {
		t.Fatalf("only %d cases", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { playCase(t, file) })
	}
}

func playCase(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c mirrorCase
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		t.Fatal(err)
	}
	p := &casePlayer{t: t, m: sharedmap.NewMirrors(1), now: 1_000_000, pages: map[uint32]*page{}}
	for i, s := range c.Steps {
		tells := p.play(s)
		sees := normal(p.sees()).(map[string]any)
		if *update {
			s.Tells, s.Sees = tells, sees
			continue
		}
		if !reflect.DeepEqual(normal(tells), normal(s.Tells)) {
			t.Errorf("step %d tells\n%s, not\n%s", i, asJSON(tells), asJSON(s.Tells))
		}
		if !reflect.DeepEqual(sees, normal(s.Sees)) {
			t.Errorf("step %d shows\n%s, not\n%s", i, asJSON(sees), asJSON(s.Sees))
		}
	}
	if *update {
		writeCase(t, file, c)
	}
}

// writeCase writes one thing a line, so that differences can be read.
func writeCase(t *testing.T, file string, c mirrorCase) {
	out := "{\n  \"about\": " + asJSON(c.About) + ",\n  \"steps\": [\n"
	for i, s := range c.Steps {
		tells, sees := s.Tells, s.Sees
		s.Tells, s.Sees = nil, nil
		out += "    " + strings.TrimSuffix(asJSON(s), ",\"tells\":null}") + ",\n     \"tells\": ["
		for j, tell := range tells {
			out += strings.Repeat(",", min(j, 1)) + "\n       " + asJSON(tell)
		}
		out += "],\n     \"sees\": " + asJSON(sees) + "}" + strings.Repeat(",", min(len(c.Steps)-1-i, 1)) + "\n"
	}
	if err := os.WriteFile(file, []byte(out+"  ]\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// casePlayer drives a machine, and keeps pages as the events tell.
type casePlayer struct {
	t     *testing.T
	m     *sharedmap.Mirrors
	now   int64
	pages map[uint32]*page
}

// page is a model of who hears the events and sees nothing else.
type page struct {
	state          string
	version        uint64
	entries, aside map[string]any
}

func (p *casePlayer) play(s *mirrorStep) []any {
	p.now += s.After * 1000
	switch {
	case s.Add != "":
		p.add(s)
	case s.Connected:
		p.m.Connected(p.now)
	case s.Disconnected:
		p.m.Disconnected(p.now)
	case s.Received != nil:
		if err := p.m.Received(p.now, fromJSON(p.t, s.Received)); (err != nil) != s.Refused {
			p.t.Errorf("%s: %v", s.Received, err)
		}
	case s.Present != nil:
		n, _ := strconv.Atoi(string(s.Present[0]))
		seat := 0
		if len(s.Present) > 2 {
			seat, _ = strconv.Atoi(string(s.Present[2]))
		}
		p.m.SetPresence(p.now, uint32(n), uint32(seat), fromJSON(p.t, s.Present[1]))
	case s.Close != 0:
		p.m.Close(p.now, s.Close)
		delete(p.pages, s.Close)
	case s.Tick:
		p.m.Tick(p.now)
	case s.Dump != 0:
		return p.dump(s.Dump)
	}
	tells := []any{}
	for e, ok := p.m.Next(); ok; e, ok = p.m.Next() {
		tells = append(tells, p.tell(e, p.pages))
	}
	return tells
}

func (p *casePlayer) add(s *mirrorStep) {
	sub := p.m.Add(s.Add)
	pg := &page{entries: map[string]any{}}
	for _, batch := range s.Seed {
		var raw []byte
		for _, half := range batch {
			raw = append(raw, fromJSON(p.t, half)...)
		}
		p.m.Seed(sub, raw)
		pg.apply(readBatchJSON(p.t, raw))
	}
	p.pages[sub] = pg
	start := append(s.Start, 0, 0)
	p.m.Start(p.now, sub, start[0], start[1])
	pg.version = start[1]
}

// dump plays what a page that comes later is told, which must lead it to what the others see.
func (p *casePlayer) dump(sub uint32) []any {
	late := map[uint32]*page{sub: {entries: map[string]any{}}}
	tells := []any{}
	p.m.Dump(sub, 1<<20, func(e sharedmap.MirrorEvent) { tells = append(tells, p.tell(e, late)) })
	if got, want := normal(see(late)), normal(see(map[uint32]*page{sub: p.pages[sub]})); !reflect.DeepEqual(got, want) {
		p.t.Errorf("the dump shows %s, not %s", asJSON(got), asJSON(want))
	}
	if !reflect.DeepEqual(late[sub].aside, p.pages[sub].aside) {
		p.t.Errorf("the dump puts %v aside, not %v", late[sub].aside, p.pages[sub].aside)
	}
	return tells
}

func (p *casePlayer) tell(e sharedmap.MirrorEvent, pages map[uint32]*page) any {
	pg := pages[e.Sub]
	switch e.Kind {
	case sharedmap.MirrorSend:
		return []any{"send", toJSON(p.t, e.Data)}
	case sharedmap.MirrorTurned:
		pg.turn(e.State)
		code := wire.Code("")
		if e.Err != nil {
			code = e.Err.Code
		}
		return []any{"state", e.Sub, e.State.String(), code}
	case sharedmap.MirrorChanged:
		set, deleted := readBatchJSON(p.t, e.Data)
		pg.change(e, set, deleted)
		return []any{"changed", e.Sub, flags(e), e.Epoch, e.Version, set, deleted}
	case sharedmap.MirrorPresence:
		r := cbor.NewReader(e.Data)
		return []any{"presence", e.Sub, e.Who, e.Reset, toJSON(p.t, r.Raw()), toJSON(p.t, r.Raw())}
	}
	p.t.Fatalf("an event of kind %d", e.Kind)
	return nil
}

func (pg *page) turn(s sharedmap.MirrorState) {
	if pg.state = s.String(); s != sharedmap.Live {
		pg.aside = nil
	}
	if s == sharedmap.Ended {
		pg.entries, pg.version = map[string]any{}, 0
	}
}

func (pg *page) change(e sharedmap.MirrorEvent, set map[string]any, deleted []string) {
	if e.Reset {
		pg.aside = map[string]any{}
	}
	if pg.aside == nil {
		pg.apply(set, deleted)
		pg.version = e.Version
		return
	}
	shown := pg.entries
	pg.entries = pg.aside
	pg.apply(set, deleted)
	if pg.entries = shown; !e.Part {
		pg.entries, pg.aside, pg.version = pg.aside, nil, e.Version
	}
}

func (pg *page) apply(set map[string]any, deleted []string) {
	maps.Copy(pg.entries, set)
	for _, key := range deleted {
		delete(pg.entries, key)
	}
}

func (p *casePlayer) sees() map[string]any { return see(p.pages) }

func see(pages map[uint32]*page) map[string]any {
	out := map[string]any{}
	for sub, pg := range pages {
		out[strconv.Itoa(int(sub))] = map[string]any{"state": pg.state, "version": pg.version, "entries": pg.entries}
	}
	return out
}

func flags(e sharedmap.MirrorEvent) string {
	var names []string
	for name, on := range map[string]bool{"reset": e.Reset, "part": e.Part, "more": e.More} {
		if on {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return strings.Index("reset part more", a) - strings.Index("reset part more", b)
	})
	return strings.Join(names, "+")
}

func readBatchJSON(t *testing.T, batch []byte) (set map[string]any, deleted []string) {
	set, deleted = map[string]any{}, []string{}
	r := cbor.NewReader(batch)
	for n := r.Map(); n > 0; n-- {
		key := r.Text()
		set[key] = toJSON(t, r.Raw())
	}
	if len(r.Rest()) > 0 {
		for n := r.Array(); n > 0; n-- {
			deleted = append(deleted, r.Text())
		}
	}
	if err := r.Done(); err != nil {
		t.Fatalf("%x is no batch: %v", batch, err)
	}
	return set, deleted
}

func fromJSON(t *testing.T, text json.RawMessage) []byte {
	raw, err := jsoncbor.FromJSON(text, 0)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return raw
}

func toJSON(t *testing.T, raw []byte) json.RawMessage {
	text, err := jsoncbor.ToJSON(raw)
	if err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	return text
}

func asJSON(v any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}

// normal is v as JSON has it.
func normal(v any) (out any) {
	if err := json.Unmarshal([]byte(asJSON(v)), &out); err != nil {
		panic(err)
	}
	return out
}
