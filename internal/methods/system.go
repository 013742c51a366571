package methods

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

const (
	systemModule = "wasi_snapshot_preview1"
	success      = 0
	badFile      = 8 // EBADF: there are no files
	firstNanos   = 1_000_000_000
	nanosStep    = 1_000
)

// system is what Go's runtime gets of WASI: enough to run, and nothing of the world. Everything else is answered with badFile.
var system = map[string]api.GoModuleFunc{
	"args_get":          nothing,
	"args_sizes_get":    noneOf,
	"environ_get":       nothing,
	"environ_sizes_get": noneOf,
	"clock_time_get":    clockTime,
	"random_get":        random,
	"sched_yield":       nothing,
	"poll_oneoff":       poll,
	"fd_write":          lastWords,
	"proc_exit":         exit,
}

// addSystem makes the module that the compiled one imports its system calls from.
func addSystem(ctx context.Context, r wazero.Runtime, compiled wazero.CompiledModule) error {
	b := r.NewHostModuleBuilder(systemModule)
	for _, f := range compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != systemModule {
			continue
		}
		do := system[name]
		if do == nil {
			do = refuse
		}
		b.NewFunctionBuilder().WithGoModuleFunction(do, f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

func nothing(_ context.Context, _ api.Module, stack []uint64) { stack[0] = success }
func refuse(_ context.Context, _ api.Module, stack []uint64)  { stack[0] = badFile }

// noneOf writes that there are none, and that they take no room.
func noneOf(_ context.Context, m api.Module, stack []uint64) {
	m.Memory().WriteUint32Le(uint32(stack[0]), 0)
	m.Memory().WriteUint32Le(uint32(stack[1]), 0)
	stack[0] = success
}

// clockTime counts how often it was asked: the runtime's scheduler wants a time that goes on.
func clockTime(ctx context.Context, m api.Module, stack []uint64) {
	in := current(ctx)
	in.nanos += nanosStep
	m.Memory().WriteUint64Le(uint32(stack[2]), in.nanos)
	stack[0] = success
}

func random(_ context.Context, m api.Module, stack []uint64) {
	clear(mustRead(m, uint32(stack[0]), uint32(stack[1])))
	stack[0] = success
}

// poll sleeps by turning the clock on.
func poll(ctx context.Context, m api.Module, stack []uint64) {
	if timeout, ok := m.Memory().ReadUint64Le(uint32(stack[0]) + 24); ok {
		current(ctx).nanos += timeout
	}
	m.Memory().WriteUint32Le(uint32(stack[3]), uint32(stack[2]))
	stack[0] = success
}

// lastWords keeps what the runtime says before it exits.
func lastWords(ctx context.Context, m api.Module, stack []uint64) {
	in := current(ctx)
	written := uint32(0)
	iovs := mustRead(m, uint32(stack[1]), 8*uint32(stack[2]))
	for ; len(iovs) > 0; iovs = iovs[8:] {
		words := mustRead(m, binary.LittleEndian.Uint32(iovs), binary.LittleEndian.Uint32(iovs[4:]))
		written += uint32(len(words))
		in.last = append(in.last, words[:min(len(words), maxLast-len(in.last))]...)
	}
	m.Memory().WriteUint32Le(uint32(stack[3]), written)
	stack[0] = success
}

func exit(ctx context.Context, m api.Module, stack []uint64) {
	code := uint32(stack[0])
	m.CloseWithExitCode(ctx, code)
	panic(sys.NewExitError(code))
}
