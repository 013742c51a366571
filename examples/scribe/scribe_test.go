package scribe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

const home = "journal:alice/home"

// office is a server with journals, and people.
type office struct {
	t      *testing.T
	url    string
	people map[string]*client.CA
}

func open(t *testing.T) *office {
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true, Logger: slog.New(slog.DiscardHandler)}, App)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Drain(context.Background())
		web.Close()
		s.Close()
	})
	return &office{t, web.URL, map[string]*client.CA{}}
}

// as is somebody's session with alice's journal.
func (o *office) as(who string) *client.CA {
	o.t.Helper()
	if o.people[who] == nil {
		res, err := http.Post(o.url+"/account/guest", "application/json", strings.NewReader(`{"owner":"`+who+`"}`))
		if err != nil {
			o.t.Fatal(err)
		}
		defer res.Body.Close()
		var got struct{ Token string }
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			o.t.Fatal(err)
		}
		c, err := client.Dial(o.t.Context(), o.url, client.Options{Token: got.Token})
		if err != nil {
			o.t.Fatal(err)
		}
		o.t.Cleanup(func() { c.Close() })
		o.people[who] = c.CA(home, client.CAOptions{})
	}
	return o.people[who]
}

func (o *office) call(who string, result any, method string, args ...any) error {
	o.t.Helper()
	return o.as(who).Call(o.t.Context(), result, method, args...)
}

func (o *office) must(who string, result any, method string, args ...any) {
	o.t.Helper()
	if err := o.call(who, result, method, args...); err != nil {
		o.t.Fatal(who, method, args, err)
	}
}

// lines waits until the journal knows of so many.
func (o *office) lines(n int) {
	o.t.Helper()
	for late, got := time.Now().Add(time.Minute), -1; got != n; o.must("alice", &got, "Lines") {
		if time.Now().After(late) {
			o.t.Fatalf("%d lines, not %d", got, n)
		}
	}
}

// serve runs the scribe until stop is called, which tells how it ended.
func (o *office) serve(token, path string) (stop func() error) {
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, o.url, token, home, path) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// texts are what the file says, without numbers, which rise by one, and times.
func texts(t *testing.T, path string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if n++; parts[0] != strconv.Itoa(n) {
			t.Errorf("line %d is %q", n, line)
		}
		all = append(all, parts[2])
	}
	return all
}

func TestDEV1_LinesWaitForTheScribeAndAreWrittenOnce(t *testing.T) {
	o := open(t)
	path := filepath.Join(t.TempDir(), "journal.txt")
	var token string
	o.must("alice", &token, "Token")
	o.must("alice", nil, "Admit", "bob")
	want := []string{}
	write := func(who, text string) {
		t.Helper()
		o.must(who, nil, "Write", text)
		want = append(want, fmt.Sprintf("%s: %q", who, text))
	}
	for i := range 3 {
		for j := range 10 { // while it is away
			write([]string{"alice", "bob"}[j%2], fmt.Sprintf("%d %d\nand <more>", i, j))
		}
		torn(t, path)
		stop := o.serve(token, path)
		o.lines(len(want))
		for j := range 10 { // while it is there
			write("bob", fmt.Sprintf("%d there %d", i, j))
		}
		o.lines(len(want))
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	if got := texts(t, path); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%.2000q\nnot %.2000q", got, want)
	}
}

// torn leaves a line that was begun when the power went.
func torn(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("99 2026-"); err != nil {
		t.Fatal(err)
	}
}

// failOnce is a scribe that runs out of ink, and goes.
func (o *office) failOnce(token string) {
	o.t.Helper()
	c, err := client.Dial(o.t.Context(), o.url, client.Options{Token: token})
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	failed := make(chan struct{}, 1000)
	d, err := c.Device(o.t.Context(), home, "scribe", client.DeviceOptions{
		OnError:  func(error) { failed <- struct{}{} },
		Commands: map[string]func(*client.Device, client.Args) error{"write": func(*client.Device, client.Args) error { return errors.New("no ink") }},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	<-failed
	d.Close()
}

func TestALineIsAskedForUntilItIsWritten(t *testing.T) {
	o := open(t)
	var token string
	o.must("alice", &token, "Token")
	path := filepath.Join(t.TempDir(), "journal.txt")
	for i := range 150 { // more than go in one bundle
		o.must("alice", nil, "Write", strconv.Itoa(i))
	}
	o.failOnce(token)
	stop := o.serve(token, path)
	o.lines(150)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := texts(t, path); len(got) != 150 || got[149] != `alice: "149"` {
		t.Errorf("%d lines, the last of them %q", len(got), got[max(0, len(got)-1):])
	}
}

func TestWhoMayWrite(t *testing.T) {
	o := open(t)
	if err := o.call("alice", nil, "Write", "nobody is there yet"); err == nil {
		t.Error("there is no scribe, and a line is taken")
	}
	var token string
	o.must("alice", &token, "Token")
	for _, method := range []string{"Write", "Lines", "Token", "Admit"} {
		if err := o.call("eve", nil, method, "x"); err == nil {
			t.Errorf("eve may %s", method)
		}
	}
	o.must("alice", nil, "Admit", "bob")
	if err := o.call("bob", nil, "Token"); err == nil {
		t.Error("bob gets the scribe's token")
	}
	path := filepath.Join(t.TempDir(), "journal.txt")
	stop := o.serve(token, path)
	o.must("bob", nil, "Write", "a line")
	o.lines(1)
	o.must("alice", nil, "Token") // the scribe is registered again: this one is it no more
	stop()
	if err := o.serve(token, path)(); err == nil {
		t.Error("an old token opens the journal")
	}
	if err := Serve(t.Context(), o.url, token, home, filepath.Join(path, "x")); err == nil {
		t.Error("a file that can't be")
	}
}
