//go:build unix

package pebblestore

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// stop halts a child, and returns once it has halted. It keeps its locks.
func stop(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatal(status, err)
	}
}

func TestOpenLocked(t *testing.T) {
	dir := made(t)
	c := startChild(t, "hold", dir)
	if line, err := c.stdout.ReadString('\n'); err != nil || strings.TrimSpace(line) != lastWords {
		t.Fatal(line, err)
	}
	stop(t, c.cmd.Process) // while it runs it removes files that it no longer needs
	unchanged(t, dir, func() { refused(t, dir, Options{}, ErrLocked) })
	c.kill()
	_ = c.cmd.Wait()
	wantMade(t, dir)
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, dir, Options{}, ErrLocked)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantMade(t, dir)
}
