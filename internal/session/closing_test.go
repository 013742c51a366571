package session

import (
	"sync/atomic"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// TestClosingWaitsForTheHandlerThatRuns: it is part of a read. What one sends then goes nowhere.
func TestClosingWaitsForTheHandlerThatRuns(t *testing.T) {
	s, web := socketServer(t, false)
	runs, goOn := make(chan *Conn), make(chan struct{})
	var ended atomic.Bool
	s.RegisterKind(wire.FirstFeature, func(c *Conn, frame []byte) error {
		runs <- c
		<-goOn
		c.Send(NewFrame(frame))
		ended.Store(true)
		return nil
	})
	b := helloBare(t, web)
	b.write(masked(opBinary, cbor.AppendUint(cbor.AppendArrayHeader(nil, 1), wire.FirstFeature), 5)...)
	c := <-runs
	closed := make(chan bool)
	go func() {
		s.Close()
		closed <- ended.Load()
	}()
	until(t, "the connection to be closed", c.out.gate.gone.Load)
	close(goOn)
	if !<-closed {
		t.Error("Close has not waited for it")
	}
}
