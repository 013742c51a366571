package actor

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// The app's own code that is no method, to make, encode and decode instances, runs here. A panic of it is an error.

// fresh makes an instance.
func (c *CA) fresh() (instance any, err error) {
	defer c.caught(&err)
	return c.class.New(), nil
}

func (c *CA) encoded(instance any) (state []byte, err error) {
	defer c.caught(&err)
	return c.class.Encode(instance)
}

// checked refuses a changed state that could not be decoded again.
func (c *CA) checked(state []byte) (err error) {
	k, ok := c.class.(Checker)
	if !ok || bytes.Equal(state, c.state) {
		return nil
	}
	defer c.caught(&err)
	return k.Check(state)
}

// decode sets an instance to the state after the last message.
func (c *CA) decode(instance any) (same any, err error) {
	defer c.caught(&err)
	return instance, c.class.Decode(c.state, instance)
}

// decoded is a new instance of that state.
func (c *CA) decoded() (instance any, err error) {
	if instance, err = c.fresh(); err == nil {
		_, err = c.decode(instance)
	}
	return instance, err
}

func (c *CA) caught(err *error) {
	if p := recover(); p != nil {
		c.rt.log.Error("app panicked", slog.String("ca", c.key), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		*err = fmt.Errorf("panic: %v", p)
	}
}
