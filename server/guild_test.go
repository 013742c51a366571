package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// guild is a CA whose owner keeps groups, and lets them in.
type guild struct{ Heard []string }

func guildApp(name string) App { return App{Name: name, New: func() CA { return new(guild) }} }

func (g *guild) Put(tx *Tx, m, key string, value any) error { return tx.Map(m).Set(key, value) }
func (g *guild) Drop(tx *Tx, m, key string) (bool, error)   { return tx.Map(m).Delete(key) }
func (g *guild) Open(tx *Tx, who string, things []string) error {
	return tx.Allow(Principal(who), things...)
}
func (g *guild) Shut(tx *Tx, who string, things []string) bool {
	return tx.Revoke(Principal(who), things...)
}

func (g *guild) Admit(tx *Tx, group string, depth int, things []string) error {
	return tx.Allow(within(group, depth), things...)
}

func (g *guild) Ban(tx *Tx, group string, depth int, things []string) error {
	return tx.Deny(within(group, depth), things...)
}

func (g *guild) Dismiss(tx *Tx, group string, depth int, things []string) bool {
	return tx.Revoke(within(group, depth), things...)
}

// within leaves the depth to the default for 0.
func within(group string, depth int) Subject {
	s := Group(group)
	if depth != 0 {
		s = s.Depth(depth)
	}
	return s
}

func (g *guild) OpenToAll(tx *Tx, things []string) error { return tx.Allow(Anyone(), things...) }

// Enter tells through which groups the caller came in.
func (g *guild) Enter(tx *Tx) string { return strings.Join(tx.Caller().Chain, " ") }

func (g *guild) Why(tx *Tx, who, thing string) (string, error) {
	_, why, err := tx.Explain(who, thing)
	return why, err
}

// Visit enters another guild, as this CA.
func (g *guild) Visit(tx *Tx, to string) { tx.Send(to, "Enter").Then("Back") }

func (g *guild) Back(tx *Tx, r Response) error {
	var chain string
	if err := r.Decode(&chain); err != nil {
		chain = strings.SplitN(err.Error(), ":", 2)[0]
	}
	g.Heard = append(g.Heard, chain)
	return nil
}

func (g *guild) Last(tx *Tx) string {
	if len(g.Heard) == 0 {
		return ""
	}
	return g.Heard[len(g.Heard)-1]
}

// guilds is a server with guilds of two apps.
type guilds struct{ *kit }

func newGuilds(t *testing.T) guilds { return guilds{newKit(t, guildApp("guild"), guildApp("other"))} }

// of has an owner's CA "home" of the app guild do something.
func (g guilds) of(owner, method string, args ...any) string {
	g.t.Helper()
	a := g.do(owner, "guild/"+owner+"/home/"+method, pack(args))
	if a.Error.Code != "" {
		g.t.Fatalf("%s of %s: %+v", method, owner, a.Error)
	}
	var text string
	_ = json.Unmarshal(a.Result, &text)
	return text
}

func pack(args []any) string {
	b, err := json.Marshal(args)
	if err != nil || args == nil {
		return "[]"
	}
	return string(b)
}

// enters checks what becomes of an owner at alice's gate: a chain of groups, or a code.
func (g guilds) enters(owner, want string) {
	g.t.Helper()
	a := g.do(owner, "guild/alice/home/Enter", "[]")
	got := a.Error.Code
	if got == "" {
		_ = json.Unmarshal(a.Result, &got)
	}
	if got != want {
		g.t.Errorf("%s: %q, want %q (%s)", owner, got, want, a.Error.Message)
	}
}

// things are names in a rule.
func things(names ...string) []string { return names }

// reader is a client that subscribes to maps over a session.
type reader struct {
	t  *testing.T
	ws *websocket.Conn
}

// connect signs in on a socket of its own.
func (g guilds) connect(token string) *reader {
	g.t.Helper()
	web := httptest.NewServer(g.Server)
	g.t.Cleanup(web.Close)
	ws, _, err := websocket.Dial(g.t.Context(), web.URL+"/api/session", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = ws.CloseNow() })
	r := &reader{g.t, ws}
	r.send(wire.Hello{Version: 1, Token: token, Client: "test"}.Append(nil))
	r.await(wire.KindWelcome)
	return r
}

func (r *reader) send(frame []byte) {
	r.t.Helper()
	if err := r.ws.Write(r.t.Context(), websocket.MessageBinary, frame); err != nil {
		r.t.Fatal(err)
	}
}

// await skips to the next frame of one of some kinds.
func (r *reader) await(kinds ...uint64) (kind uint64, frame []byte) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, b, err := r.ws.Read(ctx)
		if err != nil {
			r.t.Fatal("waiting for ", kinds, ": ", err)
		}
		if kind = wire.Kind(b); slices.Contains(kinds, kind) {
			return kind, b
		}
	}
}

// subscribe opens a map, and tells how that ended: "" or a code.
func (r *reader) subscribe(sub uint32, full string) string {
	r.t.Helper()
	r.send(wire.MapOpen{Sub: sub, Map: full}.Append(nil))
	kind, b := r.await(wire.KindMapOpened, wire.KindMapEnd)
	if kind == wire.KindMapOpened {
		return ""
	}
	return r.endCode(b)
}

// ended waits for the end of a subscription.
func (r *reader) ended() string {
	r.t.Helper()
	_, b := r.await(wire.KindMapEnd)
	return r.endCode(b)
}

func (r *reader) endCode(b []byte) string {
	r.t.Helper()
	end, err := wire.ParseMapEnd(b)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(end.Err.Code)
}

// tokenFor is a token narrowed to some methods and maps.
func (g guilds) tokenFor(owner string, names ...string) string {
	g.t.Helper()
	return g.token(owner, policy.Scope{Methods: names})
}

func full(owner, label string) string { return fmt.Sprintf("guild:%s/home/%s", owner, label) }
