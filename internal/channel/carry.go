package channel

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// carry brings an event to a channel of this same server, without HTTP: the receiver knows for certain who sends it. What it answers is what HTTP would.
func (f *Channels) carry(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	path, flaw := sky.ParsePath(strings.TrimPrefix(call.URL, localScheme+":"))
	if flaw != nil {
		done(outgoing.Answer{}, flaw)
		return nil
	}
	ca, known := f.keys.open(path.ECI)
	if !known {
		done(answerError(sky.ErrUnknownECI), nil)
		return nil
	}
	attributes, flaw := sky.ReadAttributes("", "application/json", call.Body)
	if flaw != nil {
		done(outgoing.Answer{}, flaw)
		return nil
	}
	f.deliver(ca, path, attributes, nil, from, func(out reply) {
		if out.err != nil {
			done(answerError(out.err), nil)
			return
		}
		done(outgoing.Answer{Status: http.StatusOK, Body: out.body}, nil)
	})
	return nil
}

// answerError is an error as it would be answered over HTTP.
func answerError(e *wire.Error) outgoing.Answer {
	body, err := json.Marshal(map[string]any{"error": map[string]string{"code": string(e.Code), "message": e.Message}})
	if err != nil {
		panic(err) // two strings
	}
	a := outgoing.Answer{Status: answer.Status(e.Code), Header: http.Header{}, Body: body}
	if e.RetryAfter > 0 {
		a.Header.Set("Retry-After", strconv.FormatInt((e.RetryAfter+999)/1000, 10))
	}
	return a
}
