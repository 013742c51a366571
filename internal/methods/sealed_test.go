package methods

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"
	"github.com/wabgo/wab/internal/wire"
)

// What a method can name is all of its world.
func TestMAP7_AMethodNamesNothingOfTheWorld(t *testing.T) {
	for _, name := range []string{
		"os", "sys", "env", "environ", "getenv", "open", "read", "file", "time", "now", "clock", "random", "rand", "import_module", "eval", "exec",
		"compile", "globals", "locals", "vars", "input", "json", "proto", "struct", "module", "load", "Date", "fetch",
	} {
		says := ""
		if err := shared.Check("f", "def f(m):\n  return "+name); err != nil {
			says = refusal(t, err, wire.BadRequest)
		}
		if !strings.Contains(says, "undefined") && !strings.Contains(says, "want primary") {
			t.Errorf("a method can name %s (%s)", name, says)
		}
	}
}

// The module asks for nothing but the snapshot and what Go's runtime wants of WASI, of which every answer is known here.
func TestMAP7_TheModuleIsSealed(t *testing.T) {
	if err := shared.Check("f", "def f(m): pass"); err != nil {
		t.Fatal(err)
	}
	in, err := shared.engine.instance(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	ctx := context.WithValue(context.Background(), instanceKey{}, in)
	for _, f := range shared.engine.module.ImportedFunctions() {
		module, name, _ := f.Import()
		if module == "wab" {
			continue
		}
		if module != systemModule {
			t.Errorf("the module imports %s of %s", name, module)
			continue
		}
		if system[name] == nil {
			checkRefused(t, ctx, in.module, name, f)
		}
	}
	for name, do := range map[string]api.GoModuleFunc{"args": noneOf, "environ": noneOf} {
		stack := []uint64{8, 16}
		in.module.Memory().WriteUint32Le(8, 7)
		do(ctx, in.module, stack)
		if n, _ := in.module.Memory().ReadUint32Le(8); n != 0 || stack[0] != success {
			t.Errorf("there are %d %s", n, name)
		}
	}
	if n := len(in.last); n > 0 {
		t.Errorf("the runtime said %q at its start", in.last)
	}
}

func checkRefused(t *testing.T, ctx context.Context, m api.Module, name string, f api.FunctionDefinition) {
	t.Helper()
	stack := make([]uint64, max(len(f.ParamTypes()), 1))
	refuse(ctx, m, stack)
	if stack[0] != badFile {
		t.Errorf("%s gives %d", name, stack[0])
	}
}

// Clock and randomness are the same for every instance: two of them are in the same state after the same start.
func TestMAP7_ClockAndRandomnessAreNone(t *testing.T) {
	var nanos []uint64
	for range 2 {
		in, err := shared.engine.instance(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.WithValue(context.Background(), instanceKey{}, in)
		in.module.Memory().WriteUint64Le(64, 1<<63)
		random(ctx, in.module, []uint64{64, 8})
		if n, _ := in.module.Memory().ReadUint64Le(64); n != 0 {
			t.Errorf("randomness is %x", n)
		}
		nanos = append(nanos, in.nanos)
		in.close()
	}
	if nanos[0] != nanos[1] || nanos[0] > 2*firstNanos {
		t.Errorf("the clocks say %v", nanos)
	}
}
