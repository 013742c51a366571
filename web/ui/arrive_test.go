package ui_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// TestCodeThatArrivesInPartsStaysWhereItBegan: a slow browser, as a slow network, shows the front page of an empty server when it has a part of its example only.
func TestCodeThatArrivesInPartsStaysWhereItBegan(t *testing.T) {
	inner := serve(t)
	at, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(at))
	mux.HandleFunc("/shown", func(http.ResponseWriter, *http.Request) { close(shown) })
	mux.HandleFunc("/parts/empty", func(w http.ResponseWriter, r *http.Request) {
		answer, err := http.Get(inner.URL + "/empty")
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		first, rest, cut := bytes.Cut(page, []byte("\tserver.Main"))
		if err != nil || !cut {
			t.Errorf("%v: %s", err, page)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(first)
		w.(http.Flusher).Flush()
		select {
		case <-shown:
		case <-r.Context().Done():
		}
		w.Write(append([]byte("\tserver.Main"), rest...))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Before(`(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		while (!document.querySelector(".empty pre")?.textContent.includes("main")) await frame();
		for (let i = 0; i < 3; i++) await frame();
		await fetch("/shown");
	})()`)
	tab.Open(server.URL + "/parts/empty")
	tab.Check()
}
