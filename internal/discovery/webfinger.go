package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/wire"
)

const maxQuery = 4 << 10 // bytes

var (
	errNobody   = wire.Err(wire.NotFound, "Nobody of that address shows a doorbell here.")
	errResource = wire.Err(wire.BadRequest, "Ask for one resource, like ?resource=acct:alice@example.org.")
	errRead     = wire.Retry(wire.Unavailable, "This can't be told at the moment. Try again shortly.", 1000)
	errMethod   = wire.Err(wire.BadRequest, "Use GET here.")
)

// Handler serves GET /.well-known/webfinger, /.well-known/host-meta and /.well-known/host-meta.json to pages of any origin.
func (d *Discovery) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(pathWebFinger, d.webFinger)
	mux.HandleFunc(pathHostMeta, d.hostMeta)
	mux.HandleFunc(pathHostMetaJSON, d.hostMetaJSON)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			mux.ServeHTTP(w, r)
		case http.MethodOptions:
			w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, HEAD, OPTIONS")
			answer.ErrorAs(w, http.StatusMethodNotAllowed, errMethod)
		}
	})
}

const (
	pathWebFinger    = "/.well-known/webfinger"
	pathHostMeta     = "/.well-known/host-meta"
	pathHostMetaJSON = "/.well-known/host-meta.json"
)

// webFinger answers RFC 7033, 4: what is known of a resource, with the links of the relations that were asked for.
func (d *Discovery) webFinger(w http.ResponseWriter, r *http.Request) {
	asked, rels, flawed := readQuery(r.URL.RawQuery)
	if flawed != nil {
		answer.Error(w, flawed)
		return
	}
	doc, err := d.describe(r.Context(), asked)
	if err != nil {
		answer.Error(w, err)
		return
	}
	doc.keep(rels)
	write(w, typeJRD, toJSON(doc))
}

func readQuery(raw string) (asked string, rels []string, flawed *wire.Error) {
	if len(raw) > maxQuery {
		return "", nil, errResource
	}
	query, err := url.ParseQuery(raw)
	if err != nil || len(query["resource"]) != 1 {
		return "", nil, errResource
	}
	asked = query.Get("resource")
	if asked == "" || strings.ContainsFunc(asked, notVisible) {
		return "", nil, errResource
	}
	return asked, query["rel"], nil
}

// describe is what a resource's document says. Who is unknown and who shows nothing have the same answer.
func (d *Discovery) describe(ctx context.Context, asked string) (*document, *wire.Error) {
	r, known := d.parseResource(asked)
	if !known {
		return nil, errNobody
	}
	all, err := d.find(ctx, r.who, r.alias)
	switch {
	case err != nil:
		return nil, errRead
	case len(all) == 0:
		return nil, errNobody
	}
	return d.portray(r, all), nil
}

// keep leaves the links of some relations, or all of them if none is named.
func (d *document) keep(rels []string) {
	if len(rels) > 0 {
		d.Links = slices.DeleteFunc(d.Links, func(l link) bool { return !slices.Contains(rels, l.Rel) })
	}
}

func toJSON(doc *document) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is never a page's: see nosniff
	if err := e.Encode(doc); err != nil {
		panic(err) // texts
	}
	return b.Bytes()
}

func write(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
}
