package server

import (
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/outgoing"
)

// Request is an HTTP call to be made for a CA. URL is absolute, http or https, of up to 8 KiB, to a public address: others are closed unless the server's operator has opened them.
type Request struct {
	Method  string        // GET by default
	URL     string        // without a password; set the header Authorization
	Header  http.Header   // up to 64, of 16 KiB together
	Body    []byte        // up to 1 MiB
	Timeout time.Duration // of one try; 30 s by default, up to 5 minutes
	Within  time.Duration // how long it is tried; 24 hours by default, up to 7 days
}

// FetchID names a request of a CA's.
type FetchID uint64

// Fetched is what came of a Request: the parameter of handlers that Tx.Fetch names. An answer has a Status below 500, not always a good one; redirects are not followed. Its
// Body has up to 1 MiB, as it came: nothing is decompressed.
type Fetched struct {
	ID     FetchID
	Status int // 0 where there was no answer
	Header http.Header
	Body   []byte
	Err    error // why there is no answer; CodeOf tells: deadline (not Within), not_allowed (a closed address), too_large, bad_request
}

var typeFetched = reflect.TypeFor[Fetched]()

func newFetched(m *actor.Message) Fetched {
	f := m.Ext.(*fetch.Fetched)
	out := Fetched{ID: FetchID(f.ID), Status: f.Status, Header: f.Header, Body: f.Body}
	if f.Err != nil {
		out.Err = f.Err
	}
	return out
}

// Fetch makes an HTTP call when this transaction has committed, and has the method, one that takes a Fetched, called with its answer, once, through crashes and restarts. Until an
// answer comes the call is tried again, with growing pauses: after 5xx, 408, 425, 429 (and no sooner than Retry-After says) and where nobody could be reached. All tries bear the same header
// Idempotency-Key, unless the request has one of its own, for the host may get a call more than once. A CA waits for up to 100 answers, to requests of 8 MiB together. What can't
// be asked for fails the whole message. A CA that is destroyed takes its requests with it.
func (tx *Tx) Fetch(r Request, method string) FetchID {
	tx.changes("Fetch")
	m := tx.class.methods[method]
	if m == nil || m.handler != typeFetched {
		tx.fail(fmt.Errorf("fetch: there is no method %s that takes a server.Fetched", method))
		return 0
	}
	call := outgoing.Call{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Timeout: r.Timeout}
	id, err := tx.class.srv.fetches.Fetch(tx.tx, fetch.Request{Call: call, Within: r.Within}, method)
	if err != nil {
		tx.fail(fmt.Errorf("fetch: %w", err)) // a URL may hold secrets
	}
	return FetchID(id)
}

// CancelFetch ends a request, and tells whether its outcome had not come yet. The call may have been made.
func (tx *Tx) CancelFetch(id FetchID) bool {
	tx.changes("CancelFetch")
	return tx.class.srv.fetches.Cancel(tx.tx, uint64(id))
}
