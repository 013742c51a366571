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

// expect is what has browsers wait that can.
const expect = `<link rel="expect" href="#foot" blocking="render">`

// TestAPageThatArrivesInPartsIsShownAsAWhole: a slow browser, as a slow network, has one of two buttons a while before the other.
func TestAPageThatArrivesInPartsIsShownAsAWhole(t *testing.T) {
	const page = `<!DOCTYPE html><html lang="en"><head><title>Parts</title><link rel="icon" href="data:,">` + expect + `</head><body><main><h1>Parts</h1>
		<div style="display: flex; justify-content: center; font-size: 200px"><b>One</b><!-- cut --><b>Two</b></div></main><footer id="foot"></footer></body></html>`
	arrive(t, []byte(page), "<!-- cut -->", `(async () => {
		const frame = () => new Promise(requestAnimationFrame), wait = (ms) => new Promise((done) => setTimeout(done, ms));
		while (!document.querySelector("b")) await wait(0);
		await Promise.race([frame().then(frame).then(frame).then(frame), wait(500)]); // there is none as long as nothing is shown
		await fetch("/shown");
	})()`)
}

// TestLayoutIsShownAsAWhole: pages wait for their foot.
func TestLayoutIsShownAsAWhole(t *testing.T) {
	if page := empty(t); !bytes.Contains(page, []byte(expect)) || bytes.Count(page, []byte(`id="foot"`)) != 1 {
		t.Errorf("the page does not wait for its foot: %s", page)
	}
}

// TestCodeThatArrivesInPartsStaysWhereItBegan: a browser that can't wait shows the front page of an empty server when it has a part of its example only.
func TestCodeThatArrivesInPartsStaysWhereItBegan(t *testing.T) {
	arrive(t, bytes.Replace(empty(t), []byte(expect), nil, 1), "\tserver.Main", `(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		while (!document.querySelector(".empty pre")?.textContent.includes("main")) await frame();
		for (let i = 0; i < 3; i++) await frame();
		await fetch("/shown");
	})()`)
}

// empty is the front page of an empty server.
func empty(t *testing.T) []byte {
	t.Helper()
	answer, err := http.Get(serve(t).URL + "/empty")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// arrive checks a page whose rest, from the cut on, comes when a script that runs in it from the first says so: by asking for /shown.
func arrive(t *testing.T, page []byte, cut, script string) {
	t.Helper()
	at, err := url.Parse(serve(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, found := bytes.Cut(page, []byte(cut))
	if !found {
		t.Fatalf("there is no %q in %s", cut, page)
	}
	shown := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(at))
	mux.HandleFunc("/shown", func(http.ResponseWriter, *http.Request) { close(shown) })
	mux.HandleFunc("/parts", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(first)
		w.(http.Flusher).Flush()
		select {
		case <-shown:
		case <-r.Context().Done():
		}
		w.Write(append([]byte(cut), rest...))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Before(script)
	tab.Open(server.URL + "/parts")
	tab.Check()
}
