package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wabproc"
)

// command is the gadget's, built when a test first asks for it.
var command struct {
	sync.Once
	dir, path string
	err       error
}

// programs runs the tests and removes what they have built.
type programs struct{ wabproc.M }

func (m programs) Run() int {
	defer func() { os.RemoveAll(command.dir) }()
	return m.M.Run()
}

func buildGadget(t *testing.T) string {
	t.Helper()
	command.Do(func() {
		if command.dir, command.err = os.MkdirTemp("", "gadget"); command.err == nil {
			command.path = filepath.Join(command.dir, "gadget")
			command.err = goBuild(t, command.path)
		}
	})
	if command.err != nil {
		t.Fatal(command.err)
	}
	return command.path
}

// goBuild builds the gadget, for another system where env says so.
func goBuild(t *testing.T, path string, env ...string) error {
	c := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, ".")
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

// process is a gadget that runs by itself.
type process struct {
	t         *testing.T
	cmd       *exec.Cmd
	out, errs *tape
	seen      int // so many lines were looked at
}

// start starts a gadget that prints JSON, and waits until it is there. It ends with the test.
func start(t *testing.T, server, token, name string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(buildGadget(t), "--server", server, "--token", token, "--name", name, "--json"), out: newTape(), errs: newTape()}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("a gadget:\n%s%s", p.out, p.errs)
		}
	})
	return p
}

// ended waits for the gadget's end by itself, and tells its exit code.
func (p *process) ended() int {
	p.t.Helper()
	late := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// term ends it, as a shell does.
func (p *process) term() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if code := p.ended(); code != 0 {
		p.t.Errorf("SIGTERM ends it with %d\n%s", code, p.errs)
	}
}

// next waits for the lines up to the next one that switches off, with which each post ends, whether the device was in time or not.
func (p *process) next() (new []line) {
	p.t.Helper()
	p.out.until(p.t, "a post to its end", func(text string) bool {
		if !strings.HasSuffix(text, "\n") && text != "" {
			return false
		}
		new = nil
		for _, l := range lines(p.t, text)[p.seen:] {
			if new = append(new, l); !l.on() {
				return true
			}
		}
		return false
	})
	p.seen += len(new)
	return new
}
