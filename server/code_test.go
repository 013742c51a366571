package server

import (
	"errors"
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestCodeOf(t *testing.T) {
	refused := wire.Err(wire.NotAllowed, "No.")
	for err, want := range map[error]Code{
		nil: "", errors.New("x"): "", refused: NotAllowed, fmt.Errorf("in between: %w", refused): "not_allowed",
	} {
		if got := CodeOf(err); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
}
