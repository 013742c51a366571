package methods

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/wabgo/wab/internal/wire"
)

// memoryPages is the cap of an instance: 64 MiB, in pages of 64 KiB.
const memoryPages = 1024

// engine holds the compiled module. It is made once, by its own goroutine, so that a caller whose time is up need not wait for it.
type engine struct {
	options Options
	once    sync.Once
	made    chan struct{} // closed when runtime and module, or err, are set
	cache   wazero.CompilationCache
	runtime wazero.Runtime
	module  wazero.CompiledModule
	err     error
}

func (e *engine) begin() {
	e.once.Do(func() {
		e.made = make(chan struct{})
		go func() {
			defer close(e.made)
			e.err = e.make(context.Background())
		}()
	})
}

// ready waits until instances can be made.
func (e *engine) ready(ctx context.Context) error {
	e.begin()
	select {
	case <-e.made:
	case <-ctx.Done():
		return late()
	}
	if e.err != nil {
		return wire.Err(wire.Unavailable, "Methods of maps can't run on this server: "+e.err.Error()+".")
	}
	return nil
}

func (e *engine) make(ctx context.Context) error {
	if e.options.Module == nil {
		return errors.New("it was built without methods.wasm")
	}
	code, err := e.options.Module()
	if err != nil {
		return fmt.Errorf("methods.wasm is missing: %w", err)
	}
	e.cache = openCache(e.options.CacheDir, code)
	config := wazero.NewRuntimeConfig().
		WithMemoryLimitPages(memoryPages).
		WithCloseOnContextDone(true).
		WithDebugInfoEnabled(false).
		WithCompilationCache(e.cache)
	e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	// Half of the processors: others have work to do while the module is compiled.
	workers := max(1, runtime.GOMAXPROCS(0)/2)
	e.module, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), code)
	if err != nil {
		return fmt.Errorf("methods.wasm can't be compiled: %w", err)
	}
	if err := addSnapshot(ctx, e.runtime); err != nil {
		return err
	}
	return addSystem(ctx, e.runtime, e.module)
}

// close waits for a compilation under way, and ends all instances.
func (e *engine) close(ctx context.Context) error {
	e.once.Do(func() {
		e.made = make(chan struct{})
		e.err = errors.New("it is closing")
		close(e.made)
	})
	<-e.made
	var err error
	if e.runtime != nil {
		err = e.runtime.Close(ctx)
	}
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	return err
}
