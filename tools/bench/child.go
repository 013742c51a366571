package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// A child is this binary in another role, in a process of its own so that its CPU and memory can be told from the load's. It says one
// line of JSON when it is ready, answers one to each command line, and ends when its standard input does, however its parent went.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// roles are what a child can be: each gets ready, tells how, and returns how it answers commands and how it ends.
var roles = map[string]func(ctx context.Context, args []string) (*role, error){
	"serve":    serveRole,
	"echo":     echoRole,
	"bare":     bareRole,
	"both":     bothRole,
	"cas":      casRole,
	"audience": audienceRole,
	"fan":      fanRole,
	"homes":    homesRole,
	"meeting":  meetingRole,
	"sfu":      sfuRole,
	"copies":   copiesRole,
	"members":  membersRole,
	"flooder":  flooderRole,

	"cloud":      cloudRole,
	"bare-cloud": bareCloudRole,
}

type role struct {
	ready  any // told to the parent
	answer func(ctx context.Context, command string, args []string) (any, error)
	close  func() error
}

const childStops = 10 * time.Second

// spawn starts a child and waits until it is ready; ready is set to what it says.
func spawn(ctx context.Context, ready any, as string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, append([]string{"-child", as, "--"}, args...)...)}
	c.cmd.Stderr = os.Stderr
	c.cmd.WaitDelay = childStops
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := c.hear(ready); err != nil {
		return nil, errors.Join(fmt.Errorf("child %s: %w", as, err), c.stop())
	}
	return c, nil
}

// ask sends a command and sets reply to the answer.
func (c *child) ask(reply any, command string, args ...any) error {
	words := append([]string{command}, strings.Fields(fmt.Sprintln(args...))...)
	if _, err := io.WriteString(c.in, strings.Join(words, " ")+"\n"); err != nil {
		return fmt.Errorf("child has gone: %w", err)
	}
	return c.hear(reply)
}

func (c *child) hear(reply any) error {
	text, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("child has gone: %w", err)
	}
	var said struct {
		Error string
		Reply json.RawMessage
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	if said.Error != "" {
		return errors.New(said.Error)
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(said.Reply, reply)
}

// stop ends the child and waits for it; one that takes too long is killed.
func (c *child) stop() error {
	c.in.Close()
	kill := time.AfterFunc(childStops, func() { c.cmd.Process.Kill() })
	defer kill.Stop()
	return c.cmd.Wait()
}

// cpu is the processor time that the child has used, user and system.
func (c *child) cpu() (time.Duration, error) {
	var used time.Duration
	err := c.ask(&used, "cpu")
	return used, err
}

// memory of a process after a collection that gave free memory back.
type memory struct {
	Heap int64 // bytes of live Go objects
	RSS  int64 // resident bytes
}

func (c *child) memory() (memory, error) {
	var m memory
	err := c.ask(&m, "memory")
	return m, err
}

// profiled has the child write a CPU profile while do runs.
func (c *child) profiled(name string, do func() error) error {
	if profiles == "" {
		return do()
	}
	if err := c.ask(nil, "profile", profilePath(name+".cpu")); err != nil {
		return err
	}
	return errors.Join(do(), c.ask(nil, "profiled"))
}

// heap has the child write a heap profile, where profiles are asked for.
func (c *child) heap(name string) error {
	if profiles == "" {
		return nil
	}
	return c.ask(nil, "heap", profilePath(name+".heap"))
}

// runChild is the main function of a child.
func runChild(ctx context.Context, as string, args []string) error {
	begin := roles[as]
	if begin == nil {
		return fmt.Errorf("no such role: %s", as)
	}
	r, err := begin(ctx, args)
	if err != nil {
		tell(nil, err)
		return err
	}
	tell(r.ready, nil)
	commands := make(chan string)
	go func() {
		defer close(commands)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			commands <- in.Text()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return r.close()
		case command, ok := <-commands:
			if !ok {
				return r.close()
			}
			tell(r.do(ctx, command))
		}
	}
}

func tell(reply any, err error) {
	said := struct {
		Error string
		Reply any
	}{Reply: reply}
	if err != nil {
		said.Error = err.Error()
	}
	_ = json.NewEncoder(os.Stdout).Encode(said)
}

// do carries out a command that every child knows, or leaves it to its role.
func (r *role) do(ctx context.Context, command string) (any, error) {
	words := strings.Fields(command)
	switch {
	case len(words) == 0:
		return nil, errors.New("empty command")
	case words[0] == "cpu":
		return cpuUsed()
	case words[0] == "memory":
		return memoryUsed()
	case words[0] == "writes":
		return writesMade()
	case words[0] == "heap":
		return nil, writeHeap(words[1])
	case words[0] == "profile":
		return nil, startProfile(words[1])
	case words[0] == "profiled":
		return nil, stopProfile()
	case r.answer == nil:
		return nil, fmt.Errorf("unknown command %s", words[0])
	}
	return r.answer(ctx, words[0], words[1:])
}

func cpuUsed() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func memoryUsed() (m memory, err error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what the first has finalized, and pools have kept
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Heap = int64(s.HeapAlloc + s.StackInuse)
	m.RSS, err = residentBytes()
	return m, err
}

// writesMade is how many system calls of this process have written something so far (proc(5), io).
func writesMade() (n int64, err error) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, fmt.Errorf("writes can be counted on Linux only: %w", err)
	}
	_, after, _ := strings.Cut(string(text), "syscw: ")
	_, err = fmt.Sscan(after, &n)
	return n, err
}

// residentBytes reads what Linux tells of this process (proc(5), statm).
func residentBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("memory can be measured on Linux only: %w", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, err
	}
	return resident * int64(os.Getpagesize()), nil
}
