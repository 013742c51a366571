package server

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compiled is where the interpreter of maps' methods is kept for all tests, which takes seconds to be compiled, minutes on a busy machine; "" where there is no such place.
func compiled() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "wab", "machine-code")
}

// kit is a whole server in memory, with a clock that stands still.
type kit struct {
	t     *testing.T
	clock *clock.Fake
	disk  *vfs.MemFS
	dir   string
	apps  []App
	open  []netip.Prefix
	url   string // how it is reached from outside
	logs  io.Writer
	idle  time.Duration
	*Server
}

func newKit(t *testing.T, apps ...App) *kit {
	k := &kit{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), disk: vfs.NewMem(), dir: t.TempDir(), apps: apps}
	k.start()
	t.Cleanup(k.stop)
	return k
}

func (k *kit) start() {
	k.t.Helper()
	logs := k.logs
	if logs == nil {
		logs = io.Discard
	}
	quiet := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	disk, err := pebblestore.Open("store", pebblestore.Options{FS: k.disk, Logger: quiet})
	if err != nil {
		k.t.Fatal(err)
	}
	s, err := New(Options{
		Store: disk, Data: k.dir, Dev: true, Clock: k.clock, Logger: quiet, OpenNetworks: k.open, PublicURL: k.url, IdleAfter: k.idle, methodTime: time.Minute, methodCode: compiled(),
	}, k.apps...)
	if err != nil {
		k.t.Fatal(err)
	}
	s.closers = append(s.closers, disk)
	k.Server = s
}

func (k *kit) stop() {
	if k.Server == nil {
		return
	}
	if err := k.Close(); err != nil {
		k.t.Error(err)
	}
	k.Server = nil
}

func (k *kit) restart() {
	k.stop()
	k.start()
}

func (k *kit) token(owner string, scope policy.Scope) string {
	k.t.Helper()
	token, err := k.accounts.Mint(owner, scope, time.Hour)
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// said is what the HTTP API says.
type said struct {
	Status int
	Result json.RawMessage
	Error  struct{ Code, Message string }
	Header http.Header
}

// do requests "app/owner/ca/Method" as an owner with a JSON array of arguments.
func (k *kit) do(owner, path, args string, header ...string) said {
	k.t.Helper()
	return k.as(k.token(owner, policy.Scope{}), path, args, header...)
}

func (k *kit) as(token, path, args string, header ...string) said {
	k.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/"+path, strings.NewReader(args))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	a := said{Status: w.Code, Header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		k.t.Fatalf("%s: %v in %q", path, err, w.Body)
	}
	return a
}

// want checks the result of a request.
func (k *kit) want(owner, path, args, result string) {
	k.t.Helper()
	if a := k.do(owner, path, args); string(a.Result) != result {
		k.t.Errorf("%s %s by %s: got %s %+v, want %s", path, args, owner, a.Result, a.Error, result)
	}
}

// refused checks the error code of a request.
func (k *kit) refused(owner, path, args, code string) said {
	k.t.Helper()
	a := k.do(owner, path, args)
	if a.Error.Code != code {
		k.t.Errorf("%s %s by %s: got %s %+v, want code %s", path, args, owner, a.Result, a.Error, code)
	}
	return a
}

// eventually asks until a method's result is as wanted: for effects that come after a reply.
func (k *kit) eventually(owner, path, args, result string) {
	k.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	var a said
	for time.Now().Before(deadline) {
		if a = k.do(owner, path, args); string(a.Result) == result {
			return
		}
	}
	k.t.Errorf("%s by %s stays %s %+v, want %s", path, owner, a.Result, a.Error, result)
}
