package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

const (
	readEntries = 10_000
	readRounds  = 21
)

var readLevels = []int{1000, 10_000}

// benchMapReaders measures how soon a change of a map is what all CAs that read it see, and what reading costs them in memory.
func benchMapReaders(ctx context.Context, r *report) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	// A clock that stands still: no CA leaves memory, and nothing is written beside what is asked for.
	l, err := openLocal(dir, server.Options{Clock: clock.NewFake(time.Now())}, pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	b := &library{local: l, writer: boardCA("alice")}
	if err := b.fill(ctx); err != nil {
		return err
	}
	var bytes float64
	for _, n := range readLevels {
		if bytes, err = b.enroll(ctx, n); err != nil {
			return err
		}
		r.say("%d readers of %d entries", n, readEntries)
		if err := b.measure(ctx, r); err != nil {
			return err
		}
	}
	r.add("bytes_per_reader", bytes, "B")
	r.note("A reader is a CA. The time is from when the writer is asked for a change until a message that each reader is sent after the change's")
	r.note("commit has been answered, with the change, by 99 of 100. bytes_per_reader is live heap and stacks after the first look, over before.")
	return nil
}

// library is a server with one map, and CAs that read it.
type library struct {
	*local
	writer  name.Name
	readers []name.Name
	n       int // changes so far
}

func (b *library) fill(ctx context.Context) error {
	if err := b.do(ctx, b.writer, "Share", none); err != nil {
		return err
	}
	return b.do(ctx, b.writer, "Fill", arguments(0, readEntries))
}

// do asks a CA as its owner, and waits for it.
func (b *library) do(ctx context.Context, to name.Name, method string, args []byte) error {
	return b.load(1, []name.Name{to}, method, args).each(ctx, 1)
}

// enroll brings the number of readers to n: CAs that are in memory. It tells what a first look at the map costs each of the new ones.
func (b *library) enroll(ctx context.Context, n int) (bytesEach float64, err error) {
	from := len(b.readers)
	for i := from; i < n; i++ {
		b.readers = append(b.readers, boardCA(fmt.Sprintf("reader%06d", i)))
	}
	fresh := b.readers[from:]
	if err := b.load(1024, fresh, "Rest", none).each(ctx, len(fresh)); err != nil {
		return 0, err
	}
	if err := b.settle(ctx); err != nil {
		return 0, err
	}
	before, err := memoryUsed()
	if err != nil {
		return 0, err
	}
	if err := b.load(1024, fresh, "Look", arguments(b.writer.Owner+"/"+b.writer.Local, 0)).each(ctx, len(fresh)); err != nil {
		return 0, err
	}
	after, err := memoryUsed()
	return float64(after.Heap-before.Heap) / float64(len(fresh)), err
}

func (b *library) measure(ctx context.Context, r *report) error {
	var p50, p99, commit []float64
	for range readRounds {
		took, own, err := b.spread(ctx)
		if err != nil {
			return err
		}
		commit = append(commit, milliseconds(own))
		p50, p99 = append(p50, milliseconds(quantile(took, 0.5))), append(p99, milliseconds(quantile(took, 0.99)))
	}
	n := itoa(len(b.readers))
	r.add("commit_ms_"+n, median(commit), "ms")
	r.add("p50_ms_"+n, median(p50), "ms")
	r.add("p99_ms_"+n, median(p99), "ms")
	return nil
}

// spread changes an entry, then sends every reader one message, and tells how long each answer took since the change was asked for, and the
// change itself. An answer without the change is an error.
func (b *library) spread(ctx context.Context) (took []time.Duration, commit time.Duration, err error) {
	b.n++
	entry, want := b.n%readEntries, b.n+readEntries // no entry has it yet
	start := time.Now()
	if err := b.do(ctx, b.writer, "Set", arguments(entry, want)); err != nil {
		return nil, 0, err
	}
	commit = time.Since(start)
	took = make([]time.Duration, len(b.readers))
	errs := make([]error, len(b.readers))
	args := arguments(b.writer.Owner+"/"+b.writer.Local, entry)
	var all sync.WaitGroup
	all.Add(len(b.readers))
	for i, to := range b.readers {
		b.bus.Request(bus.Request{Caller: bus.Caller{Owner: to.Owner}, To: to, Method: "Look", Args: args, Reply: func(r bus.Reply) {
			took[i], errs[i] = time.Since(start), shows(r, uint64(want))
			all.Done()
		}})
	}
	all.Wait()
	return took, commit, errors.Join(errs...)
}

// shows tells whether a reply is a number.
func shows(r bus.Reply, want uint64) error {
	if r.Err != nil {
		return r.Err
	}
	value := cbor.NewReader(r.Result)
	if got := value.Uint(); value.Done() != nil || got != want {
		return fmt.Errorf("a reader sees %x, not %d", r.Result, want)
	}
	return nil
}
