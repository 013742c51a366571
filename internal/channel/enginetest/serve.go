package enginetest

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxBody is what engines take; of more, nothing.
const maxBody = 1 << 20

// ServeHTTP takes events, and answers as the generation does.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	x := Exchange{Method: r.Method, Path: r.URL.RequestURI(), ContentType: r.Header.Get("Content-Type"), Body: string(body)}
	x.Status, x.Answer = e.answer(r, body)
	e.mu.Lock()
	e.heard = append(e.heard, x)
	e.note()
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(x.Status)
	_, _ = io.WriteString(w, x.Answer)
}

// call is an event's place in a path.
type call struct {
	eci, eid, domain, typ string
	forget                bool // its answer is the event's id only
}

// read takes the paths that engines know: each as it stands, for a router finds no path with an empty segment.
func read(path string) (c call, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case slices.Contains(parts, ""):
	case len(parts) == 6 && parts[0] == "sky" && parts[1] == "event":
		return call{eci: parts[2], eid: parts[3], domain: parts[4], typ: parts[5]}, true
	case len(parts) == 5 && parts[0] == "c" && (parts[2] == "event" || parts[2] == "event-wait"):
		return call{eci: parts[1], eid: "none", domain: parts[3], typ: parts[4], forget: parts[2] == "event"}, true
	}
	return call{}, false
}

func (e *Engine) answer(r *http.Request, body []byte) (status int, answer string) {
	c, ok := read(r.URL.Path)
	if !ok {
		return http.StatusNotFound, "Cannot " + r.Method + " " + r.URL.Path
	}
	a, err := attributes(r, body)
	if err != nil {
		return e.refuse(http.StatusInternalServerError, "SyntaxError: Unexpected token in JSON")
	}
	e.mu.Lock()
	known := e.channels[c.eci]
	if known {
		e.take(c, a)
	}
	eid := e.newName("eid")
	e.mu.Unlock()
	switch {
	case !known:
		return e.refuse(http.StatusNotFound, "ECI not found: "+c.eci)
	case c.forget:
		return http.StatusOK, string(encoded(eid))
	}
	return http.StatusOK, string(Attributes{{"eid", eid}, {"directives", []any{}}}.JSON())
}

// refuse is how the generation says no.
func (e *Engine) refuse(status int, why string) (int, string) {
	if e.generation == V1 {
		status = http.StatusOK
	}
	return status, string(Attributes{{"error", why}}.JSON())
}

// attributes are those of the query, then of the body, then the caller's headers. A body of another type is none, and so is one that is too large.
func attributes(r *http.Request, body []byte) (a Attributes, err error) {
	a = formed(r.URL.Query())
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0 || len(body) > maxBody:
	case kind == "application/json":
		sent, err := parseJSON(body)
		if err != nil {
			return nil, err
		}
		a = a.put(sent)
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		a = a.put(formed(values))
	}
	headers := map[string]string{"host": r.Host}
	for name := range r.Header {
		headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	return a.with("_headers", headers), nil
}

func formed(values url.Values) (a Attributes) {
	for name := range values {
		a = a.with(name, values.Get(name))
	}
	slices.SortFunc(a, func(x, y Attribute) int { return strings.Compare(x.Name, y.Name) })
	return a
}
