package server

import (
	"context"
	"testing"

	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// A search that is under way when the server ends is over before the store is closed.
func TestCloseWaitsForSearches(t *testing.T) {
	s := newSearches(nil)
	begun, answered := make(chan struct{}), false
	s.begin(func(outgoing.Answer, *wire.Error) { answered = true }, func(ctx context.Context) ([]byte, *wire.Error) {
		close(begun)
		<-ctx.Done()
		return nil, wire.Err(wire.Unavailable, "It ends.")
	})
	<-begun
	if err := s.Close(); err != nil || !answered {
		t.Errorf("answered: %v, %v", answered, err)
	}
}
