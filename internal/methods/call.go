package methods

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/sys"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const methodMark = "\x00"

// call is one request under way.
type call struct {
	method string
	check  bool
	source Source   // nil in a check
	sorted []string // data keys, once they were asked for
	lines  []string
	last   string // the last words of an instance that died of it
}

// Kinds of answers, as wasm/methods tells them.
const (
	answerDone = iota
	answerSource
	answerMissing
	answerFailed
	answerSteps
	answerResult
)

// read takes the result or the failure out of an answer.
func (c *call) read(answer []byte) ([]byte, error) {
	r := cbor.NewReader(answer)
	r.Array()
	kind := r.Uint()
	value := r.Raw()
	if r.Err() != nil {
		return nil, c.defect("the answer is malformed")
	}
	if kind == answerDone {
		return value, nil
	}
	r = cbor.NewReader(value)
	r.Array()
	message, method, line, column := r.Text(), r.Text(), r.Uint(), r.Uint()
	if r.Err() != nil {
		return nil, c.defect("the answer is malformed")
	}
	place := placed(method, line, column)
	switch kind {
	case answerSource:
		return nil, wire.Err(wire.BadRequest, place+message+". Correct the method's source, and define it again.")
	case answerMissing:
		return nil, missing(c.method)
	case answerFailed, answerResult:
		return nil, wire.Err(wire.Failed, place+strings.TrimSuffix(message, ".")+".")
	case answerSteps:
		return nil, wire.Err(wire.Failed, place+message+". Let the method do less in one call.")
	}
	return nil, c.defect(message)
}

// placed begins a message: "label: line 3, column 7: ".
func placed(method string, line, column uint64) string {
	if line == 0 {
		return method + ": "
	}
	return fmt.Sprintf("%s: line %d, column %d: ", method, line, column)
}

// explain tells why an instance gave no answer: Go's runtime said it before it gave up, or the host closed the instance.
func (c *call) explain(err error) *wire.Error {
	var exit *sys.ExitError
	errors.As(err, &exit)
	switch {
	case strings.Contains(c.last, "out of memory"):
		return c.over(wire.Failed, " needs more than the 64 MiB of memory it may use. Let the method hold less at once.")
	case strings.Contains(c.last, "stack exceeds"), strings.Contains(err.Error(), "stack overflow"):
		return c.over(wire.Failed, " nests too deeply. Use flatter values and expressions.")
	case exit == nil:
		return c.defect("the interpreter stopped")
	case exit.ExitCode() == sys.ExitCodeDeadlineExceeded:
		return c.over(wire.Deadline, " ran out of time. Let the method do less in one call.")
	case exit.ExitCode() == sys.ExitCodeContextCanceled:
		return wire.Err(wire.Deadline, "The method "+c.method+" was stopped, for nobody waits for its result any more.")
	case exit.ExitCode() == 0:
		return wire.Err(wire.Unavailable, "The method "+c.method+" was stopped: the server is closing.")
	}
	return c.defect("the interpreter stopped")
}

// over tells of a limit. A source that is over one while it is checked is a bad one.
func (c *call) over(code wire.Code, what string) *wire.Error {
	if c.check {
		return wire.Err(wire.BadRequest, "Compiling the method "+c.method+what)
	}
	return wire.Err(code, "The method "+c.method+what)
}

func (c *call) defect(what string) *wire.Error {
	return wire.Err(wire.Internal, "The method "+c.method+" could not be run: "+what+".")
}

func missing(name string) *wire.Error {
	return wire.Err(wire.NotFound, fmt.Sprintf("The map has no method %q.", name))
}

func late() *wire.Error {
	return wire.Err(wire.Deadline, "The time was up before the map's method could begin.")
}
