package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// What a flood is made of.
const (
	flooderName   = "flooder"
	floodRequests = "requests" // over sockets
	floodCalls    = "calls"    // by HTTP
	floodSockets  = 64         // or HTTP connections
	floodWindow   = 32         // requests in flight on each socket
)

// flooder is an owner who asks for as many changes as it can.
type flooder struct {
	addr, token string
	sockets     []*client
	posters     []*poster // of one flood: a server closes connections on which nothing comes
}

// flooderRole floods the server whose address and a token for are named, when asked to.
func flooderRole(_ context.Context, args []string) (*role, error) {
	f := &flooder{addr: args[0], token: args[1]}
	for i := range floodSockets {
		ca := name.Name{App: "counter", Owner: flooderName, Local: fmt.Sprint("home", i)}
		c, err := connect(args[0], args[1], "flood", crowdRun(i), []name.Name{ca})
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		f.sockets = append(f.sockets, c)
	}
	return &role{answer: f.answer, close: f.close}, nil
}

func (f *flooder) close() (err error) {
	for _, c := range f.sockets {
		err = errors.Join(err, c.close())
	}
	return errors.Join(err, f.closePosters())
}

func (f *flooder) dialPosters() error {
	for range floodSockets {
		p, err := dialPoster(f.addr)
		if err != nil {
			return err
		}
		p.token = f.token
		f.posters = append(f.posters, p)
	}
	return nil
}

func (f *flooder) closePosters() (err error) {
	for _, p := range f.posters {
		err = errors.Join(err, p.close())
	}
	f.posters = nil
	return err
}

// answer floods for so many milliseconds.
func (f *flooder) answer(ctx context.Context, kind string, args []string) (any, error) {
	millis, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(millis)*time.Millisecond)
	defer cancel()
	begin, each := f.burst, floodWindow
	if kind == floodCalls {
		begin, each = f.call, 1
		if err := f.dialPosters(); err != nil {
			return nil, err
		}
	}
	flood := load{floodSockets, func(i int, done func(error)) func(int) { return func(int) { done(begin(i)) } }}
	s, err := measure(cpuUsed, func() (int64, error) { return flood.until(ctx) })
	s.Operations *= int64(each)
	s.PerSecond *= float64(each)
	return s, errors.Join(err, f.closePosters())
}

// burst sends a window of requests in one write, and reads what is answered.
func (f *flooder) burst(i int) error {
	c := f.sockets[i]
	var b []byte
	floor := c.id + 1
	for range floodWindow {
		c.id++
		request := wire.Request{Ch: 0, ID: c.id, Floor: floor, Method: "Add", Args: addOne}.Append(nil)
		b = append(append(b, final|opBinary, masked|byte(len(request)), 0, 0, 0, 0), request...)
	}
	if _, err := c.conn.Write(b); err != nil {
		return err
	}
	for range floodWindow {
		got, err := c.read()
		if err != nil {
			return err
		}
		if wire.Kind(got) != wire.KindReply {
			return refusal(got)
		}
	}
	return nil
}

func (f *flooder) call(i int) error {
	return f.posters[i].post(fmt.Sprintf("/api/counter/%s/home%d/Add", flooderName, i), "[1]")
}
