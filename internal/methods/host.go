package methods

import (
	"context"
	"iter"
	"runtime"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// Source is the snapshot that a method reads: all entries of a map, methods included, under keys that begin with a zero byte. It must not
// change during a call. Values are valid CBOR.
type Source interface {
	Get(key string) ([]byte, bool)
	All() iter.Seq2[string, []byte] // in any order
	Len() int                       // data entries only
}

// Options are what a Host needs to know. Zero values mean the defaults.
type Options struct {
	// Module gives methods.wasm. It is asked once, at the first use.
	Module func() ([]byte, error)
	// Instances is how many calls run at once: 2, or as many as there are processors.
	Instances int
	// Steps of the interpreter a call may take: 1,000,000.
	Steps uint64
	// Time a call may take once it runs: 2 s.
	Time time.Duration
	// CacheDir keeps the compiled module for the next start, of the three newest versions 20 MB each. Empty: nowhere. Who can write there
	// can run code as the server.
	CacheDir string
}

func (o Options) withDefaults() Options {
	if o.Instances <= 0 {
		o.Instances = max(2, runtime.GOMAXPROCS(0))
	}
	if o.Steps == 0 {
		o.Steps = 1_000_000
	}
	if o.Time <= 0 {
		o.Time = 2 * time.Second
	}
	return o
}

// Host runs methods. Close it after its last call.
type Host struct {
	options Options
	engine  engine
	pool    pool
}

// New makes a Host; nothing is compiled yet.
func New(o Options) *Host {
	h := &Host{options: o.withDefaults()}
	h.engine.options = h.options
	h.pool.init(h.options.Instances)
	return h
}

// Close ends all instances and frees what the Host holds. Calls under way fail; calls afterwards do, too.
func (h *Host) Close(ctx context.Context) error { return h.engine.close(ctx) }

const (
	maxName = 64
	maxArgs = 1 << 20
	// checkPatience bounds the wait for a turn and for the first compilation where no caller's deadline does.
	checkPatience = 5 * time.Minute
)

// Check compiles a method's source without running it, and looks for its function, def name(m, …). Errors are *wire.Error: bad_request
// with line and column where the source is wrong.
func (h *Host) Check(name, source string) error {
	if len(name) == 0 || len(name) > maxName {
		return wire.Err(wire.BadRequest, "A method's name has 1 to 64 bytes.")
	}
	ctx, cancel := context.WithTimeout(context.Background(), checkPatience)
	defer cancel()
	request := cbor.AppendArrayHeader(nil, 3)
	request = cbor.AppendUint(request, 1)
	request = cbor.AppendText(request, name)
	request = cbor.AppendText(request, source)
	_, err := h.run(ctx, &call{method: name, check: true}, request)
	return err
}

// Call runs a method of the snapshot m with args, one CBOR array, and gives its encoded result. What it printed is handed to log, which may
// be nil, before Call returns, whether the method failed or not. Errors are *wire.Error:
//
//	not_found    m has no such method
//	failed       the method failed, with its message and position; or it was over a limit, and the message says over which
//	deadline     it ran out of time, its own or ctx's
//	bad_request  args are not a CBOR array, or the source doesn't compile
//	too_large    args have more than 1 MiB
//	unavailable  the Host is closed
func (h *Host) Call(ctx context.Context, m Source, name string, args []byte, log func(line string)) ([]byte, error) {
	if len(args) > maxArgs {
		return nil, wire.Err(wire.TooLarge, "The arguments of a map's method have at most 1 MiB.")
	}
	if cbor.KindOf(args) != cbor.KindArray || cbor.Check(args) != nil {
		return nil, wire.Err(wire.BadRequest, "The arguments of a map's method must be one CBOR array.")
	}
	if _, ok := m.Get(methodMark + name); !ok {
		return nil, missing(name)
	}
	request := cbor.AppendArrayHeader(make([]byte, 0, len(args)+len(name)+24), 4)
	request = cbor.AppendUint(request, 2)
	request = cbor.AppendText(request, name)
	request = append(request, args...)
	request = cbor.AppendUint(request, h.options.Steps)
	c := &call{method: name, source: m}
	result, err := h.run(ctx, c, request)
	if log != nil {
		for _, line := range c.lines {
			log(line)
		}
	}
	return result, err
}

// run carries out one request in an instance of the pool.
func (h *Host) run(ctx context.Context, c *call, request []byte) ([]byte, error) {
	if err := h.engine.ready(ctx); err != nil {
		return nil, err
	}
	in, err := h.pool.take(ctx, h.engine.instance)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.Time)
	defer cancel()
	answer, err := in.run(ctx, c, request)
	h.pool.give(in)
	if err != nil {
		return nil, c.explain(err)
	}
	return c.read(answer)
}
