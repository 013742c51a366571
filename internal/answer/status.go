package answer

import (
	"net/http"

	"github.com/wabgo/wab/internal/wire"
)

// Status is the HTTP status of a code.
func Status(code wire.Code) int {
	switch code {
	case wire.BadRequest:
		return http.StatusBadRequest
	case wire.Unauthenticated:
		return http.StatusUnauthorized
	case wire.NotAllowed:
		return http.StatusForbidden
	case wire.NotFound:
		return http.StatusNotFound
	case wire.Conflict, wire.SessionExpired:
		return http.StatusConflict
	case wire.TooLarge:
		return http.StatusRequestEntityTooLarge
	case wire.Failed:
		return http.StatusUnprocessableEntity
	case wire.Overloaded, wire.Quota:
		return http.StatusTooManyRequests
	case wire.Unavailable:
		return http.StatusServiceUnavailable
	case wire.Deadline:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}
