package server

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wabgo/wab/internal/session"
)

// TestOPS1_ConnectionsOfStrangersLeaveFilesForTheStore opens more than there may be, none of which says anything.
func TestOPS1_ConnectionsOfStrangersLeaveFilesForTheStore(t *testing.T) {
	const files, most = 16, 4
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ConnState = newDoorkeeper(files).watch
	web.Start()
	defer web.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var in []net.Conn
	for range most {
		in = append(in, dial())
	}
	for range 3 * most {
		if n, err := io.Copy(io.Discard, dial()); n != 0 && err == nil {
			t.Errorf("one too many was sent %d bytes", n)
		}
	}
	in[0].Close()
	for { // there is room again once the server has noticed
		if resp, err := http.Get(web.URL); err == nil {
			resp.Body.Close()
			break
		}
	}
}

func TestFewFilesMeanFewWebSockets(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for files, want := range map[int]int{100: 50, 1024: 512, 20_000: 10_904, 1 << 20: session.DefaultMaxConns} {
		if got := maxWebSockets(files, log); got != want {
			t.Errorf("%d of %d files", got, files)
		}
	}
}
