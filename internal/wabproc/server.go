package wabproc

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a busy machine may take for a start or an end.
const patience = 60 * time.Second

// Server is one address and one data folder, and the process that serves there, if one runs.
type Server struct {
	URL  string // http(s)://127.0.0.1:port, the same after each start
	Data string
	Logs *Logs // of all its processes

	t    testing.TB
	args []string
	cmd  *exec.Cmd
	rest chan string // what followed the first line of stdout, once the process has closed it
}

// Start serves from a new data folder, on a port that stays the same, until the test ends. args are more flags of wab serve; a --data among them is used instead.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{Data: dataOf(args), Logs: newLogs(), t: t, args: args}
	if s.Data == "" {
		s.Data = t.TempDir()
		s.args = append(slices.Clone(args), "--data", s.Data)
	}
	s.args = append(s.args, "--addr", FreePort(t))
	t.Cleanup(s.end)
	s.Start()
	return s
}

func dataOf(args []string) string {
	if i := slices.Index(args, "--data"); i >= 0 {
		return args[i+1]
	}
	return ""
}

// Start starts the process again after it has ended, and returns when it listens.
func (s *Server) Start() {
	s.t.Helper()
	cmd := exec.Command(Binary(s.t), append([]string{"serve"}, s.args...)...)
	cmd.Stderr = s.Logs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.rest = cmd, make(chan string, 1)
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	go func() {
		rest, _ := io.ReadAll(out)
		s.rest <- string(rest)
	}()
	url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ok || s.URL != "" && s.URL != url {
		s.t.Fatalf("it began with %q, %v\n%s", line, err, s.Logs)
	}
	if s.URL == "" { // clients may be reading it
		s.URL = url
	}
}

// Kill ends the process as a power cut of the process would: kill -9.
func (s *Server) Kill() {
	s.t.Helper()
	s.Stop(os.Kill)
}

// Stop sends a signal, waits for the end, and tells how it ended.
func (s *Server) Stop(sig os.Signal) *os.ProcessState {
	s.t.Helper()
	s.Signal(sig)
	return s.Ended()
}

// Term drains: SIGTERM. Any end but exit code 0 fails the test.
func (s *Server) Term() {
	s.t.Helper()
	if state := s.Stop(syscall.SIGTERM); state.ExitCode() != 0 {
		s.t.Errorf("SIGTERM ends with %v\n%s", state, s.Logs)
	}
}

// Signal sends a signal and does not wait.
func (s *Server) Signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Ended waits for the process's end and tells how it ended. More than one line on its stdout fails the test.
func (s *Server) Ended() *os.ProcessState {
	s.t.Helper()
	late := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	if rest := <-s.rest; rest != "" {
		s.t.Errorf("more on stdout than one line: %q", rest)
	}
	s.cmd.Wait()
	if !late.Stop() {
		s.t.Errorf("it did not end within %v\n%s", patience, s.Logs)
	}
	state := s.cmd.ProcessState
	s.cmd = nil
	return state
}

// end is what is left to do when the test is over.
func (s *Server) end() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.rest
		s.cmd.Wait()
	}
	if s.t.Failed() {
		s.t.Logf("the server's logs:\n%s", s.Logs)
	}
}
