package session

import (
	"net/http"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/wire"
)

func writeReply(w http.ResponseWriter, r bus.Reply) {
	if r.Err != nil {
		answer.Error(w, r.Err)
		return
	}
	if len(r.Result) == 0 {
		r.Result = []byte(cbor.Null)
	}
	result, err := jsoncbor.ToJSON(r.Result)
	if err != nil {
		answer.Error(w, wire.Err(wire.Internal, "The method ran, but its result can't be shown as JSON."))
		return
	}
	body := append(make([]byte, 0, len(result)+16), `{"result":`...)
	answer.JSON(w, http.StatusOK, append(append(body, result...), '}'))
}
