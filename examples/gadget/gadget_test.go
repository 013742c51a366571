package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Home has devices, and does with them what tests ask for.
type Home struct{ Ends []string }

func (*Home) Token(tx *server.Tx, device string, seconds int) (string, error) {
	return tx.Device(device).Token(time.Duration(seconds) * time.Second)
}

// Do has a device run a command at once.
func (*Home) Do(tx *server.Tx, device, command string, args []any) error {
	return tx.Device(device).Run(server.NewBundle().Do(command, args...), time.Minute)
}

func (h *Home) OnOutcome(tx *server.Tx, o server.Outcome) error {
	h.Ends = append(h.Ends, fmt.Sprintf("%s %s %s", o.Device, o.Command, o.Result))
	tx.Map("ends").Set("all", h.Ends)
	return nil
}

// house is a server, and alice, whose home it is.
type house struct {
	t     *testing.T
	url   string
	owner *client.Client
	ca    *client.CA
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true, Logger: slog.New(slog.DiscardHandler)}, server.App{Name: "house", New: func() server.CA { return new(Home) }})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Drain(context.Background())
		web.Close()
		s.Close()
	})
	c, err := client.Dial(t.Context(), web.URL, client.Options{Token: guest(t, web.URL, "alice")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &house{t, web.URL, c, c.CA("house:alice/home", client.CAOptions{})}
}

func guest(t *testing.T, url, owner string) string {
	t.Helper()
	res, err := http.Post(url+"/account/guest", "application/json", strings.NewReader(`{"owner":"`+owner+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Token == "" {
		t.Fatal(res.Status, err)
	}
	return got.Token
}

func (h *house) call(result any, method string, args ...any) {
	h.t.Helper()
	if err := h.ca.Call(h.t.Context(), result, method, args...); err != nil {
		h.t.Fatal(method, args, err)
	}
}

func (h *house) token(device string) (token string) {
	h.t.Helper()
	h.call(&token, "Token", device, 3600)
	return token
}

// holds waits until an entry of a map is as it should be.
func (h *house) holds(label, key string, right func(any) bool) {
	h.t.Helper()
	changed := make(chan struct{}, 1)
	m, err := h.owner.Map(h.t.Context(), "house:alice/home/"+label, client.MapOptions{OnChange: func(client.MapChange) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	defer m.Close()
	late := time.After(patience)
	for {
		var v any
		if _, err := m.Get(key, &v); err == nil && right(v) {
			return
		}
		select {
		case <-changed:
		case <-late:
			h.t.Fatalf("%s/%s is %v", label, key, v)
		}
	}
}

// ran is a gadget within this process.
type ran struct {
	out, errs *tape
	stop      context.CancelFunc
	code      chan int
}

func runGadget(t *testing.T, args ...string) *ran {
	ctx, stop := context.WithCancel(t.Context())
	r := &ran{newTape(), newTape(), stop, make(chan int, 1)}
	go func() { r.code <- run(ctx, args, r.out, r.errs) }()
	t.Cleanup(stop)
	return r
}

// ends waits for the end, and judges the exit code and the last words.
func (r *ran) ends(t *testing.T, code int, words string) {
	t.Helper()
	select {
	case got := <-r.code:
		if got != code || !strings.Contains(r.errs.String(), words) {
			t.Errorf("it ended with %d, not %d and %q\n%s", got, code, words, r.errs)
		}
	case <-time.After(patience):
		t.Fatalf("it doesn't end\n%s", r.errs)
	}
}

func TestLinesOfJSON(t *testing.T) {
	h := newHouse(t)
	g := runGadget(t, "--server", h.url, "--token", h.token("buzzer"), "--json")
	h.call(nil, "Do", "buzzer", "pin", []any{true})
	g.out.says(t, "\n", 1)
	h.call(nil, "Do", "buzzer", "pin", []any{false, "<more>", map[string]any{"a": []any{1, nil}}})
	g.out.says(t, "\n", 2)
	const instant = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`
	form := regexp.MustCompile(`^\{"command":"pin","args":\[true\],"due":` + instant + `,"ran":` + instant + `,"bound_ms":\d+(\.\d{1,3})?\}
\{"command":"pin","args":\[false,"<more>",\{"a":\[1,null\]\}\],"due":` + instant + `,"ran":` + instant + `,"bound_ms":\d+(\.\d{1,3})?\}
$`)
	if !form.MatchString(g.out.String()) {
		t.Error(g.out)
	}
	for _, l := range lines(t, g.out.String()) {
		if l.Ran.Before(l.Due) || time.Since(l.Ran).Abs() > patience {
			t.Errorf("%+v", l)
		}
	}
	g.stop()
	g.ends(t, 0, "connected")
	if n := strings.Count(g.out.String(), "\n"); n != 2 {
		t.Error(g.out)
	}
}

func TestDEV1_ValuesAreReported(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "brightness")
	if err := os.WriteFile(file, []byte("7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := h.url + "/house/device#token=" + h.token("lamp") + "&ca=alice/home&name=lamp"
	g := runGadget(t, "--sensor", "celsius", "--out", file, link)
	holds := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("the file has %q, not %q; %v", got, want, err)
		}
	}
	h.holds("lamp-reported", "on", func(v any) bool { return v == false })
	holds("0\n")
	h.holds("lamp-reported", "celsius", func(v any) bool { return v != nil && v.(float64) > 10 && v.(float64) < 32 })
	h.call(nil, "Do", "lamp", "pin", []any{true})
	h.holds("lamp-reported", "on", func(v any) bool { return v == true })
	holds("1\n")
	g.out.says(t, "lamp on", 1)
	g.out.says(t, "celsius ", 2)
	g.stop()
	g.ends(t, 0, "")
	holds("0\n")
	h.holds("lamp-reported", "on", func(v any) bool { return v == false })
}

func TestWhatTheCAGetsWrongIsSaid(t *testing.T) {
	h := newHouse(t)
	g := runGadget(t, "--server", h.url, "--token", h.token("lamp"), "--json")
	for _, c := range []struct {
		command string
		args    []any
		words   string
	}{
		{"fly", []any{true}, "a bundle did not run (unknown): The device has no command fly."},
		{"pin", []any{"on"}, "argument 1 of the command pin"},
		{"pin", []any{}, "the command pin takes 1 arguments, not 0"},
	} {
		h.call(nil, "Do", "lamp", c.command, c.args)
		g.errs.says(t, c.words, 1)
	}
	h.call(nil, "Do", "lamp", "pin", []any{true})
	h.holds("ends", "all", func(v any) bool {
		return fmt.Sprint(v) == "[lamp fly unknown lamp pin failed lamp pin failed lamp pin done]"
	})
	if all := lines(t, g.out.String()); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	g.stop()
	g.ends(t, 0, "")
}

func TestItsEndTellsWhy(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	lamp := h.token("lamp")
	start := func(args ...string) *ran { return runGadget(t, append([]string{"--server", h.url}, args...)...) }
	start("--token", other.token("lamp")).ends(t, 3, "The token of the device lamp is refused; get a new one for it. The server says: ")
	start("--token", lamp, "--ca", "house:bob/home").ends(t, 1, "bob/home")
	start("--token", lamp, "--ca", "attic:alice/home").ends(t, 1, "no such app")
	start("--token", lamp, "--out", "/dev/full").ends(t, 1, "setup: ")

	first := start("--token", lamp)
	first.out.says(t, "this is the device lamp", 1)
	second := start("--token", lamp)
	first.ends(t, 4, "gadget: Another gadget called lamp has taken over.")
	second.out.says(t, "this is the device lamp", 1)
	h.token("lamp")
	second.ends(t, 3, "gadget: The token of the device lamp is not valid any more")
	start("--token", lamp).ends(t, 3, "is refused")
}

func TestWithoutAServerItKeepsTrying(t *testing.T) {
	h := newHouse(t)
	g := runGadget(t, "--server", "http://"+wabproc.FreePort(t), "--token", h.token("lamp"))
	g.out.says(t, "offline: no answer from the server; trying again", 1)
	g.stop()
	g.ends(t, 0, "")
}
