package answer

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/wabgo/wab/internal/wire"
)

// JSON answers with a body that is JSON already. A client that went away is no concern of ours.
func JSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body)
}

// Error answers with an error and the status of its code.
func Error(w http.ResponseWriter, e *wire.Error) { ErrorAs(w, Status(e.Code), e) }

// ErrorAs answers with an error and a status of its own.
func ErrorAs(w http.ResponseWriter, status int, e *wire.Error) {
	var body struct {
		Error struct {
			Code    wire.Code `json:"code"`
			Message string    `json:"message"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = e.Code, e.Message
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // two strings
	}
	if wait := retryAfter(e); wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(wait, 10))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	JSON(w, status, b)
}

// retryAfter is in seconds, 0 for none. 429 always has one.
func retryAfter(e *wire.Error) int64 {
	wait := (e.RetryAfter + 999) / 1000
	if wait <= 0 && Status(e.Code) == http.StatusTooManyRequests {
		return 1
	}
	return wait
}
