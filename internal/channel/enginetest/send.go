package enginetest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
)

// send makes one request, and never another one for it. The host is joined to the path as it stands; without one the peer is at home here.
func (e *Engine) send(host, eci, domain, typ string, a Attributes) Exchange {
	if host == "" {
		host = e.URL
	}
	x := Exchange{Method: http.MethodPost, Path: e.path(eci, domain, typ), ContentType: "application/json", Body: string(a.JSON())}
	if r, err := http.NewRequest(x.Method, host+x.Path, bytes.NewReader([]byte(x.Body))); err == nil {
		r.Header.Set("Content-Type", x.ContentType)
		x.Path = r.URL.RequestURI()
		x.Status, x.Answer = e.exchange(r)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent = append(e.sent, x)
	e.note()
	return x
}

func (e *Engine) exchange(r *http.Request) (status int, answer string) {
	res, err := e.server.Client().Do(r)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// path is where the generation sends an event to.
func (e *Engine) path(eci, domain, typ string) string {
	eci, domain, typ = url.PathEscape(eci), url.PathEscape(domain), url.PathEscape(typ)
	if e.generation == V1 {
		return "/c/" + eci + "/event/" + domain + "/" + typ
	}
	return "/sky/event/" + eci + "/none/" + domain + "/" + typ
}
