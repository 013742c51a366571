package session

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
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

func writeReply(w http.ResponseWriter, r bus.Reply) {
	if r.Err != nil {
		writeError(w, r.Err)
		return
	}
	if len(r.Result) == 0 {
		r.Result = []byte(cbor.Null)
	}
	result, err := jsoncbor.ToJSON(r.Result)
	if err != nil {
		writeError(w, wire.Err(wire.Internal, "The method ran, but its result can't be shown as JSON."))
		return
	}
	body := append(make([]byte, 0, len(result)+16), `{"result":`...)
	write(w, http.StatusOK, append(append(body, result...), '}'))
}

// WriteError answers with an error as the HTTP contract has it: the code's status, Retry-After in seconds rounded up, and
// {"error":{"code":"…","message":"…"}}.
func WriteError(w http.ResponseWriter, e *wire.Error) { writeError(w, e) }

func writeError(w http.ResponseWriter, e *wire.Error) { writeStatus(w, Status(e.Code), e) }

func writeStatus(w http.ResponseWriter, status int, e *wire.Error) {
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
	write(w, status, b)
}

// retryAfter is in seconds, 0 for none. 429 always has one.
func retryAfter(e *wire.Error) int64 {
	wait := (e.RetryAfter + 999) / 1000
	if wait <= 0 && Status(e.Code) == http.StatusTooManyRequests {
		return 1
	}
	return wait
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body) // a client that went away is no concern of ours
}
