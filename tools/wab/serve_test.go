package main

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/wabgo/wab/internal/wabproc"
)

func TestOPS2_ServeCountsDrainsAndRemembers(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := wabproc.Start(t, "--data", data, "--dev")
	alice := s.Guest("alice")
	if status, body := s.Post("/api/counter/alice/home/Add", alice, "[5]"); status != 200 || body != `{"result":5}` {
		t.Fatal(status, body)
	}
	if state := s.Stop(term); state.ExitCode() != 0 {
		t.Fatalf("SIGTERM ends with %v\n%s", state, s.Logs)
	}
	again := wabproc.Start(t, "--data", data)
	if status, body := again.Post("/api/counter/alice/home/Get", alice, "[]"); status != 200 || body != `{"result":5}` {
		t.Error(status, body)
	}
	if status, body := again.Post("/account/guest", "", `{"owner":"bob"}`); status != 403 {
		t.Error("guests without --dev:", status, body)
	}
	if state := again.Stop(os.Interrupt); state.ExitCode() != 0 {
		t.Errorf("Ctrl-C ends with %v", state)
	}
}

// TestASecondSignalEndsAtOnce has a request whose body never comes, for which a draining server waits a moment. Both signals are there before that begins.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	s := wabproc.Start(t, "--data", t.TempDir(), "--dev")
	begin(t, s, "/account/guest", "", 100)
	for _, sig := range []os.Signal{syscall.SIGSTOP, term, os.Interrupt, syscall.SIGCONT} { // two of a kind would be one
		s.Signal(sig)
	}
	if state := s.Ended(); state.ExitCode() != 1 {
		t.Errorf("ended with %v", state)
	}
}

func TestOPS1_BadStartsAreOneLine(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	for name, try := range map[string]struct {
		args  []string
		words []string
	}{
		"port in use":        {[]string{"--addr", busy.Addr().String()}, []string{"in use", "--addr"}},
		"no such address":    {[]string{"--addr", "256.0.0.1:1"}, []string{"256.0.0.1"}},
		"data is a file":     {[]string{"--data", file}, []string{file}},
		"half of a TLS pair": {[]string{"--tls-cert", file}, []string{"--tls-key"}},
		"no TLS pair":        {[]string{"--tls-cert", file, "--tls-key", file}, []string{file}},
		"two certificates":   {[]string{"--tls-self", "--tls-cert", file, "--tls-key", file}, []string{"--tls-self"}},
		"origin with a path": {[]string{"--allow-origin", "https://example.org/"}, []string{"--allow-origin"}},
		"no origin":          {[]string{"--allow-origin", "example.org"}, []string{"--allow-origin"}},
		"no network":         {[]string{"--open-network", "10.0.0.1"}, []string{"--open-network", "10.1.0.0/16"}},
		"not quite one":      {[]string{"--open-network", "10.0.0.0/8,10.1.0.1/16"}, []string{"--open-network", "10.1.0.0/16"}},
		"no URL":             {[]string{"--public-url", "example.org"}, []string{"--public-url"}},
		"a URL's password":   {[]string{"--public-url", "https://me:secret@example.org"}, []string{"--public-url"}},
		"no level":           {[]string{"--log-level", "loud"}, []string{"--log-level"}},
		"no format":          {[]string{"--log-format", "xml"}, []string{"--log-format"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data", data}, try.args...)
			wantRefused(t, args, try.words...)
		})
	}
}

func TestOPS1_ALockedDataFolderIsOneLine(t *testing.T) {
	data := t.TempDir()
	first := wabproc.Start(t, "--data", data)
	wantRefused(t, []string{"serve", "--addr", "127.0.0.1:0", "--data", data}, data, "another process")
	if res, err := http.Get(first.URL + "/healthz"); err != nil || res.StatusCode != 200 {
		t.Error("the first one was disturbed:", err)
	}
}

func TestOPS1_DamagedDataFoldersAreOneLineAndStayAsTheyAre(t *testing.T) {
	for name, try := range map[string]struct {
		file, content string
		words         []string
	}{
		"newer store":         {"store/WAB-STORE", "wab store 99\n", []string{"newer"}},
		"damaged store":       {"store/WAB-STORE", "nonsense", []string{"damaged", "backup"}},
		"damaged key":         {"account.key", "nonsense", []string{"account.key", "backup"}},
		"damaged revocations": {"account.revoked", "nonsense", []string{"account.revoked", "backup"}},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			if state := wabproc.Start(t, "--data", data).Stop(term); state.ExitCode() != 0 {
				t.Fatal(state)
			}
			path := filepath.Join(data, try.file)
			if err := os.WriteFile(path, []byte(try.content), 0o600); err != nil {
				t.Fatal(err)
			}
			wantRefused(t, []string{"serve", "--addr", "127.0.0.1:0", "--data", data}, try.words...)
			if after, _ := os.ReadFile(path); string(after) != try.content {
				t.Errorf("%s was changed to %q", try.file, after)
			}
		})
	}
}

// TestOPS1_ALogThatIsGoneIsOneLine: after a crash the folder log holds what was acknowledged last. Where it is put back, all is there.
func TestOPS1_ALogThatIsGoneIsOneLine(t *testing.T) {
	data := t.TempDir()
	s := wabproc.Start(t, "--data", data, "--dev")
	token := s.Guest("alice")
	s.Post("/api/counter/alice/home/Add", token, "[7]")
	s.Kill()
	log, aside := filepath.Join(data, "store", "log"), filepath.Join(data, "aside")
	if err := os.Rename(log, aside); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, []string{"serve", "--addr", "127.0.0.1:0", "--data", data}, "log", "missing", "backup")
	if err := errors.Join(os.RemoveAll(log), os.Rename(aside, log)); err != nil {
		t.Fatal(err)
	}
	s.Start()
	if status, body := s.Post("/api/counter/alice/home/Get", token, "[]"); status != http.StatusOK || body != `{"result":7}` {
		t.Errorf("%d %s", status, body)
	}
}

func TestOPS1_AFolderOfSomebodyElsesIsLeftAlone(t *testing.T) {
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "store", "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, []string{"serve", "--addr", "127.0.0.1:0", "--data", data}, "not a wab store")
}

func TestOPS1_AReadOnlyDataFolderIsOneLine(t *testing.T) {
	top, err := os.MkdirTemp("", "wab-cli-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	if err := os.Chmod(top, 0o555); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"the folder": top, "the one above": filepath.Join(top, "data")} {
		t.Run(name, func(t *testing.T) {
			wantRefusedAs(t, nobody(), []string{"serve", "--addr", "127.0.0.1:0", "--data", data}, data, "write")
		})
	}
}

// nobody is a user without rights, for tests that run as root, who writes everywhere.
func nobody() *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func TestPagesAreThere(t *testing.T) {
	s := wabproc.Start(t, "--data", t.TempDir(), "--dev", "--log-format", "json")
	for path, status := range map[string]int{"/": 200, "/counter/": 200, "/counter/nothing": 404, "/nothing": 404, "/healthz": 200, "/readyz": 200, "/metrics": 200} {
		res, err := http.Get(s.URL + path)
		if err != nil || res.StatusCode != status {
			t.Errorf("%s: %v %v", path, res, err)
			continue
		}
		res.Body.Close()
	}
}
