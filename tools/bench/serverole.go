package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
)

// address is what a child that listens says when it is ready.
type address struct{ Addr string }

// serveRole is a whole server, as an operator would run it, on the data folder that is named.
func serveRole(_ context.Context, args []string) (*role, error) {
	return serveApps(server.Options{Data: args[0]}, counterApp, boardApp)
}

func serveApps(o server.Options, apps ...server.App) (*role, error) {
	ctx, stop := context.WithCancel(context.Background())
	ready := make(announcement, 1)
	ended := make(chan error, 1)
	o.Addr, o.Ready = "127.0.0.1:0", ready
	go func() { ended <- server.Serve(ctx, o, apps...) }()
	end := func() error { stop(); return <-ended }
	select {
	case err := <-ended:
		stop()
		return nil, errors.Join(err, errors.New("the server ended"))
	case text := <-ready:
		_, addr, _ := strings.Cut(strings.TrimSpace(text), "://")
		return &role{ready: address{addr}, close: end}, nil
	}
}

// announcement passes on the one line that a server writes when it listens.
type announcement chan string

func (a announcement) Write(b []byte) (int, error) {
	select {
	case a <- string(b):
	default:
	}
	return len(b), nil
}

// answerer does what is to be done before an echo answers.
type answerer func() error

// echoRole is a server that answers each message with as many bytes as it was told to: coder/websocket and nothing else.
func echoRole(_ context.Context, args []string) (*role, error) {
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	return listenEcho(size, func() answerer { return func() error { return nil } })
}

// listenEcho serves echoes; before makes what each socket does first.
func listenEcho(size int, before func() answerer) (*role, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	answer := make([]byte, size)
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { echo(w, r, answer, before()) })}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	end := func() error { return errors.Join(h.Close(), ignoreClosed(<-ended)) }
	return &role{ready: address{l.Addr().String()}, close: end}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func echo(w http.ResponseWriter, r *http.Request, answer []byte, before answerer) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer c.CloseNow()
	ctx := context.Background()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return
		}
		if err := before(); err != nil {
			return
		}
		if err := c.Write(ctx, websocket.MessageBinary, answer); err != nil {
			return
		}
	}
}

// bothRole is an echo that answers when a commit to bare Pebble is durable: the parts put together, and nothing more.
func bothRole(_ context.Context, args []string) (*role, error) {
	size, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, err
	}
	recorded, err := readWrites(args[1])
	if err != nil {
		return nil, err
	}
	b, err := openBare(filepath.Join(args[0], "both"), recorded)
	if err != nil {
		return nil, err
	}
	var sockets atomic.Int64
	r, err := listenEcho(size, func() answerer {
		woken := make(chan error, 1)
		one := store.Write{CA: recorded[int(sockets.Add(1))%len(recorded)].CA}
		done := func(r store.Result) { woken <- r.Err }
		return func() error { b.committer.Submit(one, done); return <-woken }
	})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	stop := r.close
	r.close = func() error { return errors.Join(stop(), b.close()) }
	return r, nil
}

// bareRole is bare Pebble with one merging committer, which commits what a file of recorded writes says.
func bareRole(_ context.Context, args []string) (*role, error) {
	recorded, err := readWrites(args[1])
	if err != nil {
		return nil, err
	}
	b, err := openBare(filepath.Join(args[0], "bare"), recorded)
	if err != nil {
		return nil, err
	}
	cas := make([]string, len(recorded))
	for i := range recorded {
		cas[i] = recorded[i].CA
	}
	shuffle(cas)
	answer := func(ctx context.Context, command string, args []string) (any, error) {
		switch command {
		case "paced":
			return b.paced(ctx, cas, args)
		case "plain":
			return b.slot(ctx, b.plain, cas, args)
		}
		return b.slot(ctx, b.load, cas, args)
	}
	return &role{answer: answer, close: b.close}, nil
}
