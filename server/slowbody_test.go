package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// deadlines notes what a request's connection is asked for.
type deadlines struct {
	*httptest.ResponseRecorder
	read []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

// ended tells whether there was a deadline, and none in the end.
func (d *deadlines) ended() bool {
	return len(d.read) > 1 && !d.read[0].IsZero() && d.read[len(d.read)-1].IsZero()
}

func TestOPS1_BodiesThatComeSlowlyHaveADeadlineAndMethodsDoNot(t *testing.T) {
	k := newKit(t, botApp())
	for _, args := range []string{"[1]", ""} {
		body, feed := io.Pipe()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/bot/alice/home/Get", body)
		r.Header.Set("Authorization", "Bearer "+k.token("alice", policy.Scope{}))
		go func() {
			_, _ = feed.Write([]byte(args))
			_ = feed.Close()
		}()
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		k.ServeHTTP(w, r)
		if !w.ended() {
			t.Errorf("body %q: status %d, read deadlines %v; want one for the body, and none for the method", args, w.Code, w.read)
		}
	}
	body, _ := io.Pipe()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "http://localhost/healthz", body))
	if len(w.read) != 1 || w.read[0].IsZero() {
		t.Errorf("a body that nobody wants: read deadlines %v", w.read)
	}
	w = &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/healthz", nil))
	if len(w.read) != 0 {
		t.Errorf("no body: read deadlines %v", w.read)
	}
}

func TestOPS1_BytesBuyNoTimeStretchesDo(t *testing.T) {
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	many := bytes.NewReader(make([]byte, 2*bodyStretch+1))
	r, done := new(bodies).paced(w, httptest.NewRequest(http.MethodPost, "/", iotest.OneByteReader(many)), time.Second)
	defer done()
	if n, err := io.Copy(io.Discard, r.Body); n != 2*bodyStretch+1 || err != nil {
		t.Fatal(n, err)
	}
	if len(w.read) != 4 || !w.ended() {
		t.Errorf("read deadlines %v; want one for each of three stretches, and none in the end", w.read)
	}
}

func TestAnAppsHandlerHasItsOwnDeadline(t *testing.T) {
	mine := time.Now().Add(time.Hour)
	app := botApp()
	app.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(mine)
		_, _ = io.Copy(w, r.Body)
	})
	k := newKit(t, app)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost/bot/upload", io.MultiReader(bytes.NewReader(make([]byte, 3*bodyStretch)))))
	if n := len(w.read); n != 3 || w.read[1].Sub(w.read[0]) < ownWithin/2 || w.read[2] != mine {
		t.Errorf("read deadlines %v; want the server's, a minute, and the Handler's", w.read)
	}
}

// lateBody ends when it is told to.
type lateBody struct{ end chan struct{} }

func (b lateBody) Read([]byte) (int, error) {
	<-b.end
	return 0, io.EOF
}
func (lateBody) Close() error { return nil }

// An http.Client reads the body it passes on in a goroutine of its own, which may outlive the Handler: over HTTP/2 there is no stream then that a deadline could be of.
func TestABodyThatIsReadAfterItsHandlerHasReturnedAsksForNoDeadline(t *testing.T) {
	end, panicked := make(chan struct{}), make(chan any)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = lateBody{end}
		r, done := new(bodies).paced(w, r, time.Minute)
		defer done()
		unpaced(r)
		go func() {
			defer func() { panicked <- recover() }()
			_, _ = io.Copy(io.Discard, r.Body)
		}()
	}))
	web.EnableHTTP2 = true
	web.StartTLS()
	a, err := web.Client().Post(web.URL, "text/plain", strings.NewReader("a"))
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	web.Close() // waits for the handler
	close(end)
	if p := <-panicked; p != nil {
		t.Error(p)
	}
}

func TestFilesThatAnAppsHandlerWasSentAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	left := func() int {
		all, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		return len(all)
	}
	app := botApp()
	app.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil || left() != 1 {
			t.Error(err, left(), "files")
		}
	})
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	file, err := m.CreateFormFile("file", "large.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(make([]byte, 11<<20)) // more than net/http keeps in memory
	_ = m.Close()
	a, err := http.Post(newWeb(t, newKit(t, app)).URL+"/bot/upload", m.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, a.Body)
	_ = a.Body.Close()
	if n := left(); n != 0 {
		t.Error(n, "files are left")
	}
}

// dripping is a client that says that it sends a body, and sends a byte a millisecond of it for as long as it is let.
type dripping struct {
	conn net.Conn
	done chan struct{}
}

func drip(t *testing.T, web *httptest.Server, path string, header ...string) *dripping {
	t.Helper()
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n", path, strings.Join(header, "\r\n"))
	d := &dripping{conn, make(chan struct{})}
	go d.run(strings.Contains(strings.Join(header, ""), "chunked"))
	t.Cleanup(func() {
		_ = conn.Close()
		<-d.done
	})
	return d
}

func (d *dripping) run(chunked bool) {
	defer close(d.done)
	bit := []byte(" ")
	if chunked {
		bit = []byte("1\r\n \r\n")
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := d.conn.Write(bit); err != nil {
			return
		}
	}
}

// fate is what it is told before it is cut off.
func (d *dripping) fate(t *testing.T) (status int, e wire.Error) {
	t.Helper()
	in := bufio.NewReader(d.conn)
	a, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal("no answer:", err)
	}
	var body struct{ Error *wire.Error }
	body.Error = &e
	text, _ := io.ReadAll(a.Body)
	_ = json.Unmarshal(text, &body)
	<-d.done // nothing more is taken
	return a.StatusCode, e
}

func newWeb(t *testing.T, h http.Handler) *httptest.Server {
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web
}

func TestOPS1_WhoeverDripsIsCutOff(t *testing.T) {
	k := newStation(t)
	eci := k.channel("slow", everything)
	k.opt.bodyWithin = 50 * time.Millisecond
	web := newWeb(t, k)
	bearer := "Authorization: Bearer " + k.token("alice", policy.Scope{})
	const small, large, unknown = "Content-Length: 2000", "Content-Length: 1040000", "Transfer-Encoding: chunked"
	for _, c := range []struct {
		path   string
		header []string
		status int
	}{
		{"/api/station/alice/home/Log", []string{bearer, small}, 400},
		{"/api/station/alice/home/Log", []string{bearer, large}, 400},
		{"/api/station/alice/home/Log", []string{bearer, unknown}, 400},
		{"/api/station/alice/home/Log", []string{small}, 401},
		{"/sky/event/" + eci + "/1/lamp/on", []string{small}, 400},
		{"/sky/event/" + eci + "/1/lamp/on", []string{large}, 400},
		{"/sky/event/" + eci + "/1/lamp/on", []string{unknown}, 400},
		{"/c/" + eci + "/event/lamp/on", []string{small}, 400},
		{"/sky/event/nobodys/1/lamp/on", []string{small}, 404},
		{"/account/guest", []string{small}, 400},
		{"/account/token", []string{bearer, unknown}, 400},
		{"/account/revoke", []string{bearer, small}, 400},
		{"/", []string{large}, 404},
		{"/station/nowhere", []string{unknown}, 404},
	} {
		status, e := drip(t, web, c.path, c.header...).fate(t)
		if status != c.status || c.status == 400 && (e.Code != wire.BadRequest || e.Message == "") {
			t.Errorf("%s %v: %d %+v, want %d", c.path, c.header, status, e, c.status)
		}
	}
}

func TestOPS1_PlacesHeldByDrippingComeFreeAndOthersGoOnMeanwhile(t *testing.T) {
	k := newKit(t, botApp())
	k.opt.bodyWithin = 500 * time.Millisecond
	web := newWeb(t, k)
	var held []*dripping
	for i := range 32 {
		owner := fmt.Sprintf("slow%d", i/4)
		held = append(held, drip(t, web, "/api/bot/"+owner+"/home/Add", "Authorization: Bearer "+k.token(owner, policy.Scope{}), "Content-Length: 2000000"))
		k.want("alice", "bot/alice/home/Add", "[1]", fmt.Sprint(i+1))
	}
	for _, d := range held {
		if status, e := d.fate(t); status != 400 || e.Code != wire.BadRequest {
			t.Error(status, e)
		}
	}
	big := "[1" + strings.Repeat(" ", 2<<20) + "]"
	k.want("alice", "bot/alice/home/Add", big, "33")
}

func TestOPS1_WhoeverDripsIsCutOffOverHTTP2(t *testing.T) {
	k := newKit(t, botApp())
	k.opt.bodyWithin = 50 * time.Millisecond
	web := httptest.NewUnstartedServer(k)
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	body, feed := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/api/bot/alice/home/Add", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+k.token("alice", policy.Scope{}))
	var sent sync.WaitGroup
	sent.Go(func() { _, _ = feed.Write([]byte("[")) })
	a, err := web.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	sent.Wait()
	if a.StatusCode != http.StatusBadRequest || a.ProtoMajor != 2 {
		t.Error(a.Status, a.Proto)
	}
	_ = feed.Close()
	again, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/api/bot/alice/home/Add", strings.NewReader("[1]"))
	if err != nil {
		t.Fatal(err)
	}
	again.Header = r.Header
	k.opt.bodyWithin = time.Minute
	b, err := web.Client().Do(again)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Body.Close()
	if b.StatusCode != http.StatusOK {
		t.Error("the next request of that connection:", b.Status)
	}
}

// TestOPS1_ConnectionsThatAreTakenOverHaveNoDeadline has one that is over at once. The request for the upgrade says, against all custom, that it has a body.
func TestOPS1_ConnectionsThatAreTakenOverHaveNoDeadline(t *testing.T) {
	k := newKit(t, botApp())
	k.opt.bodyWithin = 1
	conn, err := net.Dial("tcp", newWeb(t, k).Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ping, pong := []byte{0x89, 0x80, 0, 0, 0, 0}, []byte{0x8a, 0}
	fmt.Fprintf(conn, "GET /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\nContent-Length: %d\r\n\r\n", wire.Subprotocol, len(ping))
	in := bufio.NewReader(conn)
	if a, err := http.ReadResponse(in, nil); err != nil || a.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(a, err)
	}
	for range 3 {
		if _, err := conn.Write(ping); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(pong))
		if _, err := io.ReadFull(in, got); err != nil || !bytes.Equal(got, pong) {
			t.Fatalf("answer to a ping: %x, %v", got, err)
		}
	}
}
