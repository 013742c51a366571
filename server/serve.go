package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Serve hosts apps until the context ends; then it drains. When it listens, it writes one line, "listening on URL".
func Serve(ctx context.Context, o Options, apps ...App) error {
	listener, err := listen(o.withDefaults().Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if o.PublicURL == "" {
		o.PublicURL = reachable(listener.Addr().String(), o.TLS != nil, net.InterfaceAddrs)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	o.Addr, o.shared = listener.Addr().String(), listener
	s, err := New(o, apps...)
	if err != nil {
		return err
	}
	if s.ports != nil && s.ports.HTTP() != nil {
		listener = s.ports.HTTP()
	}
	return errors.Join(s.serve(ctx, listener), s.Close())
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("wab: %s is in use; stop what listens there, or choose another address with --addr", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("wab: listening on %s is not permitted; choose a port above 1023 with --addr", addr)
	case err != nil:
		return nil, fmt.Errorf("wab: can't listen on %s: %w", addr, err)
	}
	return l, nil
}

func address(l net.Listener, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	return scheme + "://" + l.Addr().String()
}

func (s *Server) serve(ctx context.Context, l net.Listener) error {
	const headerTimeout = 10 * time.Second
	door := newDoorkeeper(maxFiles())
	h := &http.Server{
		Handler: door.serve(s), TLSConfig: s.opt.TLS, ReadHeaderTimeout: headerTimeout, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), ConnState: door.watch, ConnContext: door.know,
	}
	h.RegisterOnShutdown(door.close)
	ended := make(chan error, 1)
	go func() { ended <- s.accept(h, l) }()
	ready := s.opt.Ready
	if ready == nil {
		ready = os.Stdout
	}
	fmt.Fprintln(ready, "listening on "+address(l, s.opt.TLS != nil))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	return s.shutDown(h, door, ended)
}

func (s *Server) accept(h *http.Server, l net.Listener) error {
	if s.opt.TLS != nil {
		return h.ServeTLS(l, "", "")
	}
	return h.Serve(l)
}

// shutDown answers what is under way and closes the rest; nobody is waited for who says nothing, or takes nothing of what is left. Running out of time is no error: what was acknowledged is durable, and clients ask again.
func (s *Server) shutDown(h *http.Server, door *doorkeeper, ended <-chan error) error {
	var patrol sync.WaitGroup
	defer patrol.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), s.opt.DrainFor)
	defer cancel()
	patrol.Go(func() { door.patrol(ctx) })
	s.log.Info("draining")
	if err := errors.Join(s.Drain(ctx), h.Shutdown(ctx)); err != nil {
		s.log.Warn("not everything could be answered in time", slog.Any("error", err))
		_ = h.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
