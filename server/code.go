package server

import (
	"errors"

	"github.com/wabgo/wab/internal/wire"
)

// CodeOf is the code of an error that Read, Call or a Response tells, as clients see it: "not_allowed", "unavailable", "not_found", "deadline", … Others have none.
func CodeOf(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return ""
}
