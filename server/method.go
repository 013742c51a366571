package server

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// method is an exported method of a CA, ready to be called with arguments from the wire.
type method struct {
	name      string
	call      reflect.Value // the method's function; its receiver is the first argument
	args      []reflect.Type
	handler   reflect.Type // Response, Timer, Change, Fetched, Event, Query or Message: the parameter that keeps requests out; nil if they may come
	hasResult bool
	hasError  bool
}

var (
	typeTx       = reflect.TypeFor[*Tx]()
	typeError    = reflect.TypeFor[error]()
	typeResponse = reflect.TypeFor[Response]()
	typeTimer    = reflect.TypeFor[Timer]()
	typeChange   = reflect.TypeFor[Change]()
)

// newMethod describes a method, or says why it can't be called. A method without a *Tx is the app's own affair: it gives nil.
func newMethod(m reflect.Method) (*method, error) {
	t := m.Type
	if t.NumIn() < 2 || t.In(1) != typeTx {
		return nil, nil
	}
	if t.IsVariadic() {
		return nil, errors.New("a variadic method can't be called; take a slice")
	}
	out := &method{name: m.Name, call: m.Func}
	for i := 2; i < t.NumIn(); i++ {
		p := t.In(i)
		if p == typeResponse || p == typeTimer || p == typeChange || p == typeFetched || p == typeEvent || p == typeQuery || isMessage(p) {
			if i != 2 || t.NumIn() != 3 {
				return nil, fmt.Errorf("a handler takes the Tx and the %s, nothing else", p.Name())
			}
			out.handler = p
			if f, ok := reflect.New(p).Interface().(filler); ok {
				if err := plain(f.valueType()); err != nil {
					return nil, fmt.Errorf("the message's value: %w", err)
				}
			}
			continue
		}
		if err := plain(p); err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i-1, err)
		}
		out.args = append(out.args, p)
	}
	return out, out.results(t)
}

func (m *method) results(t reflect.Type) error {
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == typeError {
		m.hasError = true
		n--
	}
	switch {
	case n > 1:
		return errors.New("a method returns at most one value and an error")
	case n == 1:
		m.hasResult = true
		if err := plain(t.Out(0)); err != nil {
			return fmt.Errorf("result: %w", err)
		}
	}
	return nil
}

// decode makes the call's arguments of a CBOR array.
func (m *method) decode(ca any, tx *Tx, args []byte) ([]reflect.Value, error) {
	r := cbor.NewReader(args)
	n := r.Array()
	if r.Err() != nil {
		return nil, wire.Err(wire.BadRequest, "The arguments must be one array.")
	}
	if n != len(m.args) {
		return nil, wire.Err(wire.BadRequest, fmt.Sprintf("The method %s takes %s, not %d.", m.name, count(len(m.args), "argument"), n))
	}
	in := make([]reflect.Value, 2, 2+n)
	in[0], in[1] = reflect.ValueOf(ca), reflect.ValueOf(tx)
	for i, t := range m.args {
		raw := r.Raw()
		if r.Err() != nil {
			return nil, wire.Err(wire.BadRequest, "The arguments are malformed.")
		}
		v, err := argument(t, raw)
		if err != nil {
			return nil, wire.Err(wire.BadRequest, fmt.Sprintf("Argument %d of %s: want %s.", i+1, m.name, t))
		}
		in = append(in, v)
	}
	if r.Done() != nil {
		return nil, wire.Err(wire.BadRequest, "The arguments are malformed.")
	}
	return in, nil
}

var typeInt = reflect.TypeFor[int]()

// argument decodes one. Most are whole numbers, which need no decoder.
func argument(t reflect.Type, raw []byte) (reflect.Value, error) {
	if t == typeInt {
		r := cbor.NewReader(raw)
		if n := r.Int(); r.Done() == nil && int64(int(n)) == n {
			return reflect.ValueOf(int(n)), nil
		}
	}
	if string(raw) == cbor.Null && !nullable(t) {
		return reflect.Value{}, errNull
	}
	v := reflect.New(t)
	err := decoding.Unmarshal(raw, v.Interface())
	return v.Elem(), err
}

var errNull = errors.New("null is no value of this type")

func nullable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return true
	}
	return false
}

// run calls the method and encodes its result.
func (m *method) run(in []reflect.Value) ([]byte, error) {
	out := m.call.Call(in)
	if m.hasError {
		if err, ok := out[len(out)-1].Interface().(error); ok && err != nil {
			return nil, err
		}
	}
	if !m.hasResult {
		return cbor.AppendNull(nil), nil
	}
	if out[0].Type() == typeInt {
		return cbor.AppendInt(nil, out[0].Int()), nil
	}
	result, err := marshal(out[0].Interface())
	if err != nil {
		return nil, fmt.Errorf("the result can't be encoded: %w", err)
	}
	return result, nil
}

// failed keeps codes of other things that went wrong from being taken for words about the message, and their names out of what people read.
func failed(err error) *wire.Error {
	text := err.Error()
	if e := (*wire.Error)(nil); errors.As(err, &e) {
		text = strings.Replace(text, e.Error(), e.Message, 1)
	}
	return wire.Err(wire.Failed, clip(text))
}

// clip bounds what an error may say. It travels as a text, and stays one.
func clip(s string) string {
	const limit = 1000
	if s = strings.ToValidUTF8(s, "\uFFFD"); len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
