package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"go.starlark.net/starlark"
)

const (
	methodMark   = "\x00"
	defaultSteps = 1_000_000
	maxDepth     = 8 // of methods that call methods
	maxLines     = 64
	maxLine      = 1 << 10
)

// call is one call of a method, with the methods that it calls in turn.
type call struct {
	snapshot snapshot
	programs *programs
	thread   *starlark.Thread
	view     *view
	loaded   map[string]*starlark.Function
	depth    int
	lines    int
	spent    bool // the steps are used up
}

func newCall(s snapshot, p *programs, steps uint64) *call {
	if steps == 0 {
		steps = defaultSteps
	}
	c := &call{snapshot: s, programs: p, loaded: map[string]*starlark.Function{}}
	c.thread = &starlark.Thread{Name: "method", Print: c.print, OnMaxSteps: c.stop}
	c.thread.SetMaxExecutionSteps(steps)
	c.view = &view{call: c}
	return c
}

func (c *call) stop(thread *starlark.Thread) {
	c.spent = true
	thread.Cancel("too many steps")
}

// print hands a line on. What is beyond the limits is lost, and the last line says so.
func (c *call) print(_ *starlark.Thread, line string) {
	if c.lines++; c.lines < maxLines {
		c.snapshot.print(clip(strings.ToValidUTF8(line, "\uFFFD"), maxLine))
	} else if c.lines == maxLines {
		c.snapshot.print("(more lines than a call may print)")
	}
}

// run calls the method with encoded arguments, and encodes its result.
func (c *call) run(name string, args cbor.Raw) ([]byte, *failure) {
	values, err := decodeArgs(args)
	if err != nil {
		return nil, &failure{kind: kindFailed, method: name, message: err.Error()}
	}
	result, err := c.method(name, values, nil)
	if err != nil {
		return nil, c.explain(name, err)
	}
	encoded, err := encode(result)
	if err != nil {
		return nil, &failure{kind: kindResult, method: name, message: err.Error()}
	}
	return encoded, nil
}

func (c *call) method(name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := c.load(name)
	if err != nil {
		return nil, err
	}
	return starlark.Call(c.thread, f, append(starlark.Tuple{c.view}, args...), kwargs)
}

// load runs the top level of a method's source, once in a call.
func (c *call) load(name string) (*starlark.Function, error) {
	if f := c.loaded[name]; f != nil {
		return f, nil
	}
	raw, ok := c.snapshot.get(methodMark + name)
	if !ok {
		return nil, &failure{kind: kindMissing, method: name, message: "the map has no method " + name}
	}
	r := cbor.NewReader(raw)
	source := r.Text()
	if r.Done() != nil {
		return nil, &failure{kind: kindSource, method: name, message: "its entry is not a text"}
	}
	prog, wrong := c.programs.compile(name, source)
	if wrong != nil {
		return nil, wrong
	}
	globals, err := prog.Init(c.thread, predeclared)
	if err != nil {
		return nil, err
	}
	globals.Freeze()
	f, ok := globals[name].(*starlark.Function)
	if !ok {
		return nil, &failure{kind: kindSource, method: name, message: "the source lacks def " + name + "(m)"}
	}
	c.loaded[name] = f
	return f, nil
}

// nested is m.call.
func (c *call) nested(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 0 {
		return nil, errors.New("call: which method?")
	}
	name, ok := starlark.AsString(args[0])
	if !ok {
		return nil, fmt.Errorf("call: a method's name is a string, not %s", args[0].Type())
	}
	if c.depth >= maxDepth {
		return nil, fmt.Errorf("call: methods call each other more than %d deep", maxDepth)
	}
	c.depth++
	defer func() { c.depth-- }()
	return c.method(name, args[1:], kwargs)
}

// explain finds what went wrong and where in whose source: the innermost place that is not built in.
func (c *call) explain(name string, err error) *failure {
	out := &failure{kind: kindFailed, method: name, message: err.Error()}
	var cause *failure
	var eval *starlark.EvalError
	if errors.As(err, &cause) {
		known := *cause
		out = &known
	}
	if errors.As(err, &eval) && out.line == 0 {
		out.place(eval.CallStack)
	}
	if cause != nil && out.kind == kindMissing && eval != nil {
		out.kind = kindFailed // the method is there; one that it calls is not
	}
	if c.spent {
		out.kind, out.message = kindSteps, "it takes too many steps"
	}
	return out
}

func (f *failure) place(stack starlark.CallStack) {
	for i := range len(stack) {
		if fr := stack.At(i); fr.Pos.Line > 0 {
			f.method, f.line, f.column = fr.Pos.Filename(), int(fr.Pos.Line), int(fr.Pos.Col)
			return
		}
	}
}
