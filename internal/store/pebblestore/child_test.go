package pebblestore

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

const (
	childRole = "WAB_STORE_CHILD"
	childDir  = "WAB_STORE_DIR"
	childCAs  = 16
	lastWords = "ready"
)

// child is this test binary, run again in a role: "work", "full", "no tables", "full manifest", "no new files", "hold", or "fail KIND".
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr strings.Builder
}

func startChild(t *testing.T, role, dir string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	c.cmd.Stderr = &c.stderr
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdout = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// begin tells a worker how far each CA is.
func (c *child) begin(at []int) {
	for _, n := range at {
		fmt.Fprintln(c.stdin, n)
	}
}

// read takes acknowledgements until enough, or until the child is gone, and tells how many there were.
func (c *child) read(acked []int, enough int) (int, error) {
	for count := 0; count < enough; count++ {
		line, err := c.stdout.ReadString('\n')
		if err != nil {
			return count, nil // a line cut off by the end was never said
		}
		var i, n int
		if _, err := fmt.Sscan(line, &i, &n); err != nil {
			return count, fmt.Errorf("child said %q", line)
		}
		acked[i] = n
	}
	return enough, nil
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
}

func runChild(role, dir string) {
	kind, failing := strings.CutPrefix(role, "fail ")
	opts := Options{tune: smallTables, Memtable: smallMemtable}
	if role == "hold" {
		opts.tune = func(p *pebble.Options) { p.DisableAutomaticCompactions = true } // touches nothing any more
	}
	var armed atomic.Bool
	if failing {
		opts.FS = inject(vfs.Default, injector(kind, &armed))
	}
	if role == "no tables" {
		armed.Store(true)
		opts.FS = inject(vfs.Default, noTables(&armed))
	}
	if role == "full manifest" || role == "no new files" {
		opts.FS = inject(vfs.Default, refusing(role))
	}
	if role == "full" {
		opts.Memtable = 0 // so that a log grows as long as it takes
		limitFiles()
	}
	s, err := Open(dir, opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if role == "hold" {
		fmt.Println(lastWords)
		select {}
	}
	at := make([]int, childCAs)
	for i := range at {
		if _, err := fmt.Scan(&at[i]); err != nil {
			os.Exit(4)
		}
	}
	count := 0
	_, err = drive(s, store.NewCommitter(s, store.CommitterOptions{}), at, func(i, n int) {
		fmt.Printf("%d %d\n", i, n) // one write, not buffered
		if count++; count == 300 {
			armed.Store(true)
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(5)
	}
	select {}
}

const smallMemtable = 16 << 10

// smallTables makes everything that happens now and then happen often: new logs, flushes, compactions, manifests.
func smallTables(p *pebble.Options) {
	p.MemTableSize = 128 << 10
	p.MaxManifestFileSize = 4 << 10
	p.L0CompactionThreshold = 2
	p.TargetFileSizes[0] = 32 << 10
}

var errInjected = errors.New("injected: the disk is broken")

// inject wraps a disk, so that operations on it may fail.
func inject(disk vfs.FS, i errorfs.Injector) vfs.FS { return injected{errorfs.Wrap(disk, i)} }

type injected struct{ vfs.FS }

// ReuseForWrite gives out a file that is wrapped, too.
func (d injected) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Remove(oldname); err != nil {
		return nil, err
	}
	return d.Create(newname, category)
}

// injector fails one kind of operation once it is armed, and from then on.
func injector(kind string, armed *atomic.Bool) errorfs.Injector {
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		if armed.Load() && fails(kind, op) {
			return errInjected
		}
		return nil
	})
}

func fails(kind string, op errorfs.Op) bool {
	isSync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
	manifest := strings.HasPrefix(filepath.Base(op.Path), "MANIFEST")
	switch kind {
	case "log-sync":
		return isSync && strings.HasSuffix(op.Path, ".log")
	case "log-write":
		return op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log")
	case "log-create":
		return (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite) && strings.HasSuffix(op.Path, ".log")
	case "table-create":
		return op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst")
	case "table-write":
		return op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".sst")
	case "manifest-write":
		return op.Kind == errorfs.OpFileWrite && manifest
	case "manifest-sync":
		return isSync && manifest
	case "everything":
		return op.Kind.ReadOrWrite() == errorfs.OpIsWrite
	}
	return false
}
