package methods

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/wabgo/wab/internal/wire"
)

// grown is the size of memory beyond which an instance is thrown away.
const grown = 32 << 20

// instance is one interpreter, with a memory of its own. It carries out one request at a time.
type instance struct {
	module                api.Module
	buffer, start, answer api.Function
	broken                bool
	nanos                 uint64 // its clock, which only counts its readings
	last                  []byte // the runtime's last words
	call                  *call  // under way
}

// maxLast bounds what is kept of the runtime's last words; what went wrong comes first.
const maxLast = 1 << 10

type instanceKey struct{}

// current is the instance that an import was called by.
func current(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

func (e *engine) instance(ctx context.Context) (*instance, error) {
	in := &instance{nanos: firstNanos - nanosStep}
	// Begun instances are finished, whatever becomes of who wanted them: others may use them.
	ctx = context.WithValue(context.WithoutCancel(ctx), instanceKey{}, in)
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	module, err := e.runtime.InstantiateModule(ctx, e.module, config)
	if err != nil {
		return nil, wire.Err(wire.Unavailable, "Methods of maps can't run now: the interpreter doesn't start.")
	}
	in.module = module
	in.buffer, in.start, in.answer = module.ExportedFunction("buffer"), module.ExportedFunction("run"), module.ExportedFunction("answer")
	return in, nil
}

// run carries out one request. After an error the instance is broken.
func (in *instance) run(ctx context.Context, c *call, request []byte) (answer []byte, err error) {
	in.call = c
	defer func() {
		in.call = nil
		if err != nil {
			in.broken = true
			c.last = string(in.last)
		}
	}()
	ctx = context.WithValue(ctx, instanceKey{}, in)
	at, err := in.call1(ctx, in.buffer, uint64(len(request)))
	if err != nil {
		return nil, err
	}
	if !in.module.Memory().Write(at, request) {
		return nil, errors.New("the request doesn't fit in the instance")
	}
	n, err := in.call1(ctx, in.start, uint64(len(request)))
	if err != nil {
		return nil, err
	}
	if at, err = in.call1(ctx, in.answer); err != nil {
		return nil, err
	}
	view, ok := in.module.Memory().Read(at, n)
	if !ok {
		return nil, fmt.Errorf("an answer of %d bytes lies outside of the instance", n)
	}
	return append([]byte(nil), view...), nil
}

func (in *instance) call1(ctx context.Context, f api.Function, args ...uint64) (uint32, error) {
	out, err := f.Call(ctx, args...)
	if err != nil {
		return 0, err
	}
	return uint32(out[0]), nil
}

func (in *instance) healthy() bool {
	return !in.broken && !in.module.IsClosed() && in.module.Memory().Size() <= grown
}

func (in *instance) close() { in.module.Close(context.Background()) }
