package check

import (
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/examples/counter"
	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second // of one look, where there is something to be seen

// serve runs a server, and is where it is and an account's token.
func serve(t *testing.T, o server.Options, start func(http.Handler) *httptest.Server) (Target, *httptest.Server) {
	t.Helper()
	o.Data, o.Logger = t.TempDir(), slog.New(slog.DiscardHandler)
	if err := os.Chmod(o.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(o, counter.App)
	if err != nil {
		t.Fatal(err)
	}
	web := start(s)
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return Target{URL: web.URL, Token: mint(t, o.Data, policy.Scope{}), Data: o.Data, Within: patience}, web
}

func mint(t *testing.T, dir string, scope policy.Scope) string {
	t.Helper()
	issuer, err := account.OpenIssuer(dir, clock.Real())
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint("alice", scope, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func run(t *testing.T, target Target) Report {
	t.Helper()
	told := 0
	r := Run(t.Context(), target, func(Finding) { told++ })
	if told != len(r.Findings) {
		t.Errorf("%d of %d findings are told", told, len(r.Findings))
	}
	for _, f := range r.Findings {
		if f.State != OK && f.State != Skip && f.Remedy == "" {
			t.Errorf("nothing to do about %+v", f)
		}
		if strings.Contains(f.Detail+f.Remedy, "\n") || target.Token != "" && strings.Contains(f.Detail+f.Remedy, target.Token) {
			t.Errorf("%+v", f)
		}
	}
	return r
}

// want checks states by names; names may come several times.
func want(t *testing.T, r Report, ok bool, states ...string) {
	t.Helper()
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Name+" "+string(f.State))
	}
	if strings.Join(got, ", ") != strings.Join(states, ", ") || r.OK != ok {
		t.Errorf("%v: %s\nnot %v: %s\n%+v", r.OK, strings.Join(got, ", "), ok, strings.Join(states, ", "), r.Findings)
	}
}

func TestAServerOnThisMachineIsFine(t *testing.T) {
	target, _ := serve(t, server.Options{Calls: server.CallOptions{TURN: server.TURNOptions{Addr: "127.0.0.1:0"}}}, httptest.NewServer)
	want(t, run(t, target), true, "address ok", "http ok", "camera ok", "websocket ok", "clock ok", "udp ok", "tcp ok", "turn ok", "turn ok", "data ok")
}

func TestWithoutATokenThePortsOfCallsAreSkipped(t *testing.T) {
	target, _ := serve(t, server.Options{}, httptest.NewServer)
	want(t, run(t, Target{URL: target.URL, Within: patience}), true, "address ok", "http ok", "camera ok", "websocket ok", "calls skip")
}

func TestTokensThatWontDo(t *testing.T) {
	target, _ := serve(t, server.Options{}, httptest.NewServer)
	for _, token := range []string{"nonsense", mint(t, target.Data, policy.Scope{App: "counter"}), mint(t, t.TempDir(), policy.Scope{})} {
		want(t, run(t, Target{URL: target.URL, Token: token, Within: patience}), false, "address ok", "http ok", "camera ok", "websocket ok", "calls fail")
	}
}

func TestWhatIsSwitchedOffIsTold(t *testing.T) {
	target, _ := serve(t, server.Options{Calls: server.CallOptions{Off: true}}, httptest.NewServer)
	want(t, run(t, target), true, "address ok", "http ok", "camera ok", "websocket ok", "calls warn", "clock ok", "data ok")
	target, _ = serve(t, server.Options{Calls: server.CallOptions{TCPAddr: "off", TURN: server.TURNOptions{Off: true}}}, httptest.NewServer)
	want(t, run(t, target), true, "address ok", "http ok", "camera ok", "websocket ok", "clock ok", "udp ok", "tcp warn", "turn warn", "data ok")
}

func TestACertificateThatNobodyKnows(t *testing.T) {
	target, web := serve(t, server.Options{}, httptest.NewTLSServer)
	seen := false
	inner := web.Config.Handler
	web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = seen || r.Header.Get("Authorization") != ""
		inner.ServeHTTP(w, r)
	})
	target.Data = ""
	want(t, run(t, target), false, "address ok", "http ok", "certificate fail", "camera ok", "websocket ok", "calls skip")
	if seen {
		t.Error("the token went to a server that nobody knows")
	}
	target.Roots = x509.NewCertPool()
	target.Roots.AddCert(web.Certificate())
	want(t, run(t, target), true, "address ok", "http ok", "certificate ok", "camera ok", "websocket ok", "clock ok", "udp ok", "tcp ok", "turn ok")
}

func TestAddressesThatLeadNowhere(t *testing.T) {
	for _, url := range []string{"", "localhost:8080", "ftp://localhost", "http://", "http://nothing.invalid"} {
		want(t, run(t, Target{URL: url}), false, "address fail")
	}
	want(t, run(t, Target{URL: "http://" + wabproc.FreePort(t)}), false, "address ok", "http fail")
}

func TestSomethingElseAnswers(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	want(t, run(t, Target{URL: web.URL, Within: patience}), false, "address ok", "http fail")
}

// proxy is a server before which something is wrong: it answers as ways says, and lets no upgrade through.
func proxy(t *testing.T, w ways) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("/api/calls", func(answer http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(answer).Encode(w) })
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return web
}

func TestPortsThatDontAnswer(t *testing.T) {
	t.Parallel() // it waits for what never comes, and for what does on a busy machine
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	other := httptest.NewServer(http.NotFoundHandler()) // takes connections, and is something else
	defer other.Close()
	at, tcp := silent.LocalAddr().String(), other.Listener.Addr().String()
	web := proxy(t, ways{
		Now: time.Now().Add(time.Hour).UnixMicro(), Calls: true, Own: true, UDP: []string{at}, TCP: []string{tcp}, Peers: []string{at},
		Relays: []relay{{URLs: []string{"turn:" + at + "?transport=udp", "turn:" + tcp + "?transport=tcp", "nonsense"}, Username: "1:a", Credential: "x"}},
	})
	r := run(t, Target{URL: web.URL, Token: "a-secret-token", Within: 5 * time.Second})
	want(t, r, false, "address ok", "http warn", "camera ok", "websocket fail", "clock warn", "udp fail", "tcp fail", "turn fail", "turn fail", "turn skip")
	for _, f := range r.Findings {
		if _, port, _ := net.SplitHostPort(at); f.Name == "udp" && !strings.Contains(f.Remedy, port) {
			t.Errorf("%+v does not tell which port", f)
		}
	}
}

func TestDataFolders(t *testing.T) {
	good, _ := serve(t, server.Options{Calls: server.CallOptions{Off: true}}, httptest.NewServer)
	last := func(dir string) Finding {
		r := run(t, Target{URL: good.URL, Data: dir, Within: patience})
		return r.Findings[len(r.Findings)-1]
	}
	if f := last(good.Data); f.State != OK {
		t.Errorf("%+v", f)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/nowhere/at/all", file, t.TempDir()} {
		if f := last(dir); f.Name != "data" || f.State != Fail {
			t.Errorf("%s: %+v", dir, f)
		}
	}
	if err := os.Chmod(filepath.Join(good.Data, "account.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if f := last(good.Data); f.State != Fail || !strings.Contains(f.Remedy, "chmod 600") {
		t.Errorf("%+v", f)
	}
}

func TestPagesOfHTTPGetNoCamera(t *testing.T) {
	for host, local := range map[string]bool{"localhost": true, "a.localhost": true, "127.0.0.1": true, "::1": true, "192.168.1.5": false, "wab.example": false, "localhost.example": false} {
		if isLocal(host) != local {
			t.Error(host)
		}
	}
}

func TestWhatIsThisMachines(t *testing.T) {
	if !isOwn([]string{"127.0.0.1"}) || isOwn([]string{"127.0.0.1", "203.0.113.7"}) || isOwn([]string{"203.0.113.7"}) {
		t.Error("whose is it?")
	}
}
