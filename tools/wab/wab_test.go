package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the built command, which all tests run.
var binary string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "wab-cli-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // some tests run it as another user
		panic(err)
	}
	binary = filepath.Join(dir, "wab")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// wab runs a command to its end.
func wab(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return wabAs(t, nil, args...)
}

func wabAs(t *testing.T, who *syscall.SysProcAttr, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr, cmd.Dir = &o, &e, who, "/"
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// served is a running server.
type served struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	logs *logs
	out  chan string // what follows the first line of stdout, once it has ended
}

const patience = 60 * time.Second

func start(t *testing.T, args ...string) *served {
	t.Helper()
	s := &served{t: t, logs: newLogs(), out: make(chan string, 1)}
	s.cmd = exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	s.cmd.Stderr = s.logs
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	r := bufio.NewReader(stdout)
	line, err := r.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ok {
		t.Fatalf("first line %q: %v\n%s", line, err, s.logs)
	}
	s.url = url
	go func() {
		rest, _ := io.ReadAll(r)
		s.out <- string(rest)
	}()
	return s
}

// stop sends a signal and returns how the process ended.
func (s *served) stop(sig os.Signal) *os.ProcessState {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	return s.ended()
}

func (s *served) ended() *os.ProcessState {
	s.t.Helper()
	select {
	case rest := <-s.out:
		if rest != "" {
			s.t.Errorf("more on stdout than one line: %q", rest)
		}
	case <-time.After(patience):
		s.t.Fatalf("it doesn't stop\n%s", s.logs)
	}
	s.cmd.Wait()
	return s.cmd.ProcessState
}

// post sends JSON and returns status and body.
func (s *served) post(path, token, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(text))
}

// logs is a process's stderr, which tests may wait on.
type logs struct {
	mu   sync.Mutex
	more *sync.Cond
	text bytes.Buffer
}

func newLogs() *logs {
	l := new(logs)
	l.more = sync.NewCond(&l.mu)
	return l
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.more.Broadcast()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns once the logs contain a text.
func (l *logs) wait(t *testing.T, text string) {
	t.Helper()
	late := time.AfterFunc(patience, func() { l.Write([]byte("\n(the test gave up here)\n")) })
	defer late.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.text.String(), text) {
		if strings.Contains(l.text.String(), "(the test gave up here)") {
			t.Fatalf("the logs never say %q:\n%s", text, l.text.String())
		}
		l.more.Wait()
	}
}

// wantRefused checks a start that must fail: exit code 1, nothing on stdout, one line on stderr with these words.
func wantRefused(t *testing.T, args []string, words ...string) {
	t.Helper()
	wantRefusedAs(t, nil, args, words...)
}

func wantRefusedAs(t *testing.T, who *syscall.SysProcAttr, args []string, words ...string) {
	t.Helper()
	code, out, errs := wabAs(t, who, args...)
	if code != 1 || out != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
	}
	if strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "wab: ") {
		t.Errorf("not one clear line: %q", errs)
	}
	for _, w := range words {
		if !strings.Contains(errs, w) {
			t.Errorf("%q doesn't say %q", errs, w)
		}
	}
}

var term = syscall.SIGTERM
