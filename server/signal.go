package server

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal is a context that the first SIGTERM or Ctrl-C ends, for Serve to drain. The second ends the process at once: what was acknowledged is durable.
func UntilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(1)
	}()
	return ctx
}
