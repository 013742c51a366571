package channel

import (
	"net/url"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
)

// The schemes of calls that others serve in the process, as carriers of package fetch.
const (
	SchemeResolve = "resolve" // looks an address up
	SchemeVerify  = "verify"  // asks an asker's server for its word
)

const searchTimeout = time.Minute

func resolveCall(target string) outgoing.Call {
	return outgoing.Call{URL: SchemeResolve + ":" + url.QueryEscape(target), Timeout: searchTimeout}
}

// ResolveTarget is the address that a call of SchemeResolve is about.
func ResolveTarget(call outgoing.Call) (target string, ok bool) {
	target, err := url.QueryUnescape(strings.TrimPrefix(call.URL, SchemeResolve+":"))
	return target, err == nil
}

// Resolved is the answer to it: where a doorbell is.
func Resolved(host, doorbell string) (body []byte) {
	return cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(nil, 2), host), doorbell)
}

func readResolved(body []byte) (host, doorbell string, ok bool) {
	r := cbor.NewReader(body)
	r.Array()
	host, doorbell = r.Text(), r.Text()
	return host, doorbell, r.Done() == nil
}

// Word is what an asker's server is to have said: that the request of this id, with this back channel, is made at this doorbell.
type Word struct{ Vouch, Host, Doorbell, Back, ID string }

func (w *Word) call() outgoing.Call {
	b := cbor.AppendArrayHeader(nil, 5)
	for _, text := range []string{w.Vouch, w.Host, w.Doorbell, w.Back, w.ID} {
		b = cbor.AppendText(b, text)
	}
	return outgoing.Call{Method: "POST", URL: SchemeVerify + ":" + url.QueryEscape(hostOf(w.Host)), Body: b, Timeout: searchTimeout}
}

// VerifyWord is what a call of SchemeVerify is about.
func VerifyWord(call outgoing.Call) (w Word, ok bool) {
	r := cbor.NewReader(call.Body)
	r.Array()
	w = Word{r.Text(), r.Text(), r.Text(), r.Text(), r.Text()}
	return w, r.Done() == nil
}

// Verified is the answer to it: who asks.
func Verified(who name.Name) (body []byte) { return cbor.AppendText(nil, who.String()) }

func readVerified(body []byte) (who name.Name, ok bool) {
	r := cbor.NewReader(body)
	who, err := name.Parse(r.Text())
	return who, err == nil && r.Done() == nil
}
