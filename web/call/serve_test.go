package call

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
)

// meetings is an app whose CAs have one room each.
type meetings struct{}

// Open lets people in.
func (*meetings) Open(tx *server.Tx) error { return tx.Call("room").Open() }

// Close ends the meeting.
func (*meetings) Close(tx *server.Tx) error { return tx.Call("room").Close() }

// Admit gives a principal all rights.
func (*meetings) Admit(tx *server.Tx, who string) error { return tx.Call("room").Admit(who) }

// Watch lets a principal look on.
func (*meetings) Watch(tx *server.Tx, who string) error {
	return tx.Call("room").AdmitTo(server.Principal(who), server.Enter)
}

// Remove keeps a principal out.
func (*meetings) Remove(tx *server.Tx, who string) error { return tx.Call("room").Remove(who) }

// Mute silences a principal.
func (*meetings) Mute(tx *server.Tx, who string) error { return tx.Call("room").Mute(who, "mic") }

// Mode changes how people are shown.
func (*meetings) Mode(tx *server.Tx, mode string) error { return tx.Call("room").Mode(mode) }

//go:embed testdata/meeting.html
var meetingPage []byte

// host serves the app, and can end and come back on the same port.
type host struct {
	t    *testing.T
	opt  server.Options
	URL  string
	stop func()
}

func serveMeetings(t *testing.T, calls ...server.CallOptions) *host {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	h := &host{t: t, opt: server.Options{Addr: wabproc.FreePort(t), Data: t.TempDir(), Dev: true}}
	for _, c := range calls {
		h.opt.Calls = c
	}
	h.start()
	t.Cleanup(func() { h.stop() })
	return h
}

// start serves, and returns when it listens.
func (h *host) start() {
	h.t.Helper()
	r, w := io.Pipe()
	h.opt.Ready = w
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	files := fs.FS(fstest.MapFS{"index.html": {Data: meetingPage}})
	go func() {
		ended <- server.Serve(ctx, h.opt, server.App{Name: "meet", New: func() server.CA { return new(meetings) }, Web: files})
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		cancel()
		h.t.Fatal(<-ended)
	}
	h.URL = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	h.opt.Addr = strings.TrimPrefix(h.URL, "http://")
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
		h.stop = func() {}
	}
}

// page is the address at which somebody comes to the meeting.
func (h *host) page(owner string, more ...string) string {
	return fmt.Sprintf("%s/meet/?%s", h.URL, strings.Join(append([]string{"owner=" + owner, "name=" + owner}, more...), "&"))
}

// fakes are Chromium's own camera, microphone and yes to both.
var fakes = []string{"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream", "autoplay-policy=no-user-gesture-required"}

// come opens the meeting's page.
func come(t *testing.T, chromium *browser.Browser, url string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(url)
	tab.Until(`window.ready`)
	return tab
}

const live = `el.dataset.state === "live"`

// admit opens the meeting as alice, and lets these people in.
func admit(host *browser.Tab, owners ...string) {
	for _, o := range owners {
		host.Eval(fmt.Sprintf(`ca.Admit(%q)`, o))
	}
}
