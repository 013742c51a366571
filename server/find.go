package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/discovery"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// resolve carries the calls that look up an address: what comes back is an array of the doorbell's host and its ECI.
func (s *Server) resolve(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	target, err := url.QueryUnescape(strings.TrimPrefix(call.URL, "resolve:"))
	return s.look(done, func(ctx context.Context) ([]byte, *wire.Error) {
		if err != nil {
			return nil, wire.Err(wire.BadRequest, "The address is malformed.")
		}
		found, flaw := s.finder.Resolve(ctx, from.Owner, target)
		return texts2(found.Host, found.ECI), flaw
	})
}

// verify carries the calls that ask an asker's server for its key: what comes back is an array of the asker's name.
func (s *Server) verify(from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	r := cbor.NewReader(call.Body)
	r.Array()
	vouch, host, doorbell, back, id := r.Text(), r.Text(), r.Text(), r.Text(), r.Text()
	damaged := r.Done() != nil
	return s.look(done, func(ctx context.Context) ([]byte, *wire.Error) {
		if damaged {
			return nil, wire.Err(wire.BadRequest, "The signature is malformed.")
		}
		who, flaw := s.finder.Verify(ctx, from.Owner, vouch, host, discovery.Request{Doorbell: doorbell, Back: back, ID: id})
		return cbor.AppendText(nil, who.String()), flaw
	})
}

// look runs a search on a goroutine of its own; what it calls is bounded by the client for outgoing calls.
func (s *Server) look(done func(outgoing.Answer, *wire.Error), search func(context.Context) ([]byte, *wire.Error)) (cancel func()) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		body, flaw := search(ctx)
		if flaw != nil {
			done(outgoing.Answer{}, flaw)
			return
		}
		done(outgoing.Answer{Status: http.StatusOK, Body: body}, nil)
	}()
	return cancel
}

func texts2(a, b string) []byte {
	return cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(nil, 2), a), b)
}
