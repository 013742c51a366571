package server

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/wire"
)

// class is an app's kind of CA, as the runtime sees it.
type class struct {
	app     *App
	srv     *Server
	methods map[string]*method
	state   [][]int // exported fields of the struct, by index
	doubts  bool    // encoding an instance does not mean that it can be decoded
	life    map[actor.Kind]*method
}

// lifecycle tells the methods that only the runtime calls, and their parameters after the Tx.
var lifecycle = map[string]struct {
	kind   actor.Kind
	params []reflect.Type
}{
	"Init":     {actor.Init, nil},
	"Resume":   {actor.Resume, nil},
	"Pulse":    {actor.Pulse, nil},
	"Upgrade":  {actor.Upgrade, []reflect.Type{reflect.TypeFor[string]()}},
	"OnFailed": {actor.Undone, []reflect.Type{typeResponse}},
}

// newClass reads an app's type. All that can't be called is told at once.
func newClass(srv *Server, app *App) (*class, error) {
	if err := app.check(); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(app.New())
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, fail(app.Name, "App.New must return a pointer to a struct, not %v", t)
	}
	c := &class{app: app, srv: srv, methods: map[string]*method{}, life: map[actor.Kind]*method{}}
	var flaws []error
	for m := range t.Methods() {
		if err := c.add(m); err != nil {
			flaws = append(flaws, fail(app.Name, "method %s: %w", m.Name, err))
		}
	}
	if err := plain(t.Elem()); err != nil {
		flaws = append(flaws, fail(app.Name, "%w", err))
	}
	c.state, c.doubts = stateOf(t.Elem(), nil), doubtful(t.Elem(), map[reflect.Type]bool{})
	if app.PulseEvery > 0 && c.life[actor.Pulse] == nil {
		flaws = append(flaws, fail(app.Name, "PulseEvery is set, but there is no method Pulse(*server.Tx) error"))
	}
	return c, errors.Join(flaws...)
}

func (c *class) add(m reflect.Method) error {
	if l, ok := lifecycle[m.Name]; ok {
		return c.addLifecycle(m, l.kind, l.params)
	}
	if forDevices(m) {
		return c.addForDevices(m)
	}
	if forCalls(m) {
		return c.addForCalls(m)
	}
	if forLinks(m) {
		return c.addForLinks(m)
	}
	built, err := newMethod(m)
	if built != nil && err == nil {
		c.methods[m.Name] = built
	}
	return err
}

func (c *class) addLifecycle(m reflect.Method, kind actor.Kind, params []reflect.Type) error {
	t := m.Type
	fits := t.NumIn() == 2+len(params) && t.In(1) == typeTx && t.NumOut() == 1 && t.Out(0) == typeError
	for i, p := range params {
		fits = fits && t.In(2+i) == p
	}
	if !fits {
		return fmt.Errorf("the name belongs to the lifecycle: it must be func(%s) error", signature(params))
	}
	built, err := newMethod(m)
	c.life[kind] = built
	return err
}

func signature(params []reflect.Type) string {
	out := "*server.Tx"
	for _, p := range params {
		out += ", " + p.String()
	}
	return out
}

func (c *class) New() any                     { return c.app.New() }
func (c *class) Handles(kind actor.Kind) bool { return c.life[kind] != nil }
func (c *class) Version() string              { return c.app.Version }
func (c *class) PulseEvery() time.Duration    { return c.app.PulseEvery }
func (c *class) Deadline() time.Duration {
	if c.app.Deadline > 0 {
		return c.app.Deadline
	}
	return defaultDeadline
}

// Encode refuses what nests so deep that it could not be decoded.
func (c *class) Encode(instance any) ([]byte, error) {
	if err := bounded(instance, maxStateDepth); err != nil {
		return nil, err
	}
	return encode(instance)
}

// Check tells whether a state can be decoded, before it is kept. For most types there is no doubt.
func (c *class) Check(state []byte) error {
	if !c.doubts {
		return nil
	}
	return restoring.Unmarshal(state, c.app.New())
}

// Decode forgets the exported fields first: decoding alone would leave what the bytes don't mention.
func (c *class) Decode(state []byte, instance any) error {
	v := reflect.ValueOf(instance).Elem()
	for _, field := range c.state {
		v.FieldByIndex(field).SetZero()
	}
	return restoring.Unmarshal(state, instance)
}

// Invoke calls the method that a message asks for, if messages of its kind may.
func (c *class) Invoke(tx *actor.Tx, instance any, m *actor.Message) ([]byte, error) {
	mine := &Tx{tx: tx, class: c}
	if result, err, is := mine.own(instance, m); is {
		return result, err
	}
	found, err := c.find(m)
	if err != nil {
		return nil, err
	}
	in, err := c.arguments(found, instance, mine, m)
	if err != nil {
		return nil, err
	}
	result, err := found.run(in)
	if err == nil {
		err = mine.runRaised(instance)
	}
	if err == nil {
		err = mine.err
	}
	if err != nil {
		return nil, refused(m.Kind, err)
	}
	return result, nil
}

func (c *class) find(m *actor.Message) (*method, error) {
	switch m.Kind {
	case actor.Call, actor.Send:
		if c.requests(m.Method) {
			return c.methods[m.Method], nil
		}
		return nil, wire.Err(wire.BadRequest, fmt.Sprintf("The app %s has no method %q that can be requested; it has %s.", c.app.Name, clip(m.Method), c.requestable()))
	case actor.Answer, actor.Alarm, actor.Changed, actor.Published:
		if found := c.methods[m.Method]; found != nil {
			return found, nil
		}
		return nil, wire.Err(wire.BadRequest, fmt.Sprintf("The app %s has no method %q any more.", c.app.Name, clip(m.Method)))
	default:
		return c.life[m.Kind], nil
	}
}

// requests tells whether the app has a method of that name that can be requested.
func (c *class) requests(method string) bool {
	found := c.methods[method]
	return found != nil && found.handler == nil
}

// admits tells whether policy decides on messages to a method: requests, or those of a topic.
func (c *class) admits(method string) bool {
	found := c.methods[method]
	return found != nil && (found.handler == nil || isMessage(found.handler))
}

func (c *class) requestable() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.methods)) {
		if c.methods[name].handler == nil {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (c *class) arguments(found *method, instance any, tx *Tx, m *actor.Message) ([]reflect.Value, error) {
	takes := func(t reflect.Type) bool { return found.handler == t }
	switch m.Kind {
	case actor.Call, actor.Send, actor.Upgrade:
		return found.decode(instance, tx, m.Args)
	case actor.Init, actor.Resume, actor.Pulse:
		return receiver(instance, tx), nil
	case actor.Answer, actor.Undone:
		if takes(typeResponse) {
			return append(receiver(instance, tx), reflect.ValueOf(newResponse(m))), nil
		}
	case actor.Alarm:
		if takes(typeTimer) {
			return append(receiver(instance, tx), reflect.ValueOf(newTimer(m))), nil
		}
		if takes(nil) {
			return found.decode(instance, tx, m.Args)
		}
	case actor.Changed:
		if takes(typeChange) {
			return append(receiver(instance, tx), reflect.ValueOf(newChange(m))), nil
		}
		if takes(typeFetched) {
			return append(receiver(instance, tx), reflect.ValueOf(newFetched(m))), nil
		}
		if takes(typeOutcome) {
			return append(receiver(instance, tx), reflect.ValueOf(newOutcome(m))), nil
		}
		if takes(typeCallEvent) {
			return append(receiver(instance, tx), reflect.ValueOf(newCallEvent(m))), nil
		}
	case actor.Published:
		if isMessage(found.handler) {
			v, err := newMessage(found.handler, m)
			return append(receiver(instance, tx), v), err
		}
	}
	return nil, wire.Err(wire.BadRequest, fmt.Sprintf("The method %s does not handle messages of this kind.", found.name))
}

// receiver begins the arguments of every method.
func receiver(instance any, tx *Tx) []reflect.Value {
	return []reflect.Value{reflect.ValueOf(instance), reflect.ValueOf(tx)}
}
