package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

//go:embed page.html
var source string

//go:embed page.css
var style []byte

var page = template.Must(template.New("page").Parse(source))

// view is what the page says about itself.
type view struct {
	Server string // the wab server's origin
	Origin string // this page's own
	Guest  string // in whose name it counts
	Remote bool   // whether the two origins differ
}

func main() {
	server := flag.String("server", "http://localhost:8080", "origin of the wab `server`")
	addr := flag.String("addr", "localhost:8090", "`address` to serve the page on")
	guest := flag.String("guest", "alice", "`name` of the guest who counts, on a server with --dev")
	flag.Parse()
	if err := run(*server, *addr, *guest); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(server, addr, guest string) error {
	origin, err := originOf(server)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	fmt.Println("listening on " + pageOrigin(addr, listener.Addr()))
	s := &http.Server{Handler: handler(origin, guest), ReadHeaderTimeout: 10 * time.Second}
	return s.Serve(listener)
}

// originOf keeps scheme and host of a URL.
func originOf(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", errors.New("--server is an address like http://localhost:8080")
	}
	return u.Scheme + "://" + u.Host, nil
}

// pageOrigin keeps the host's name as it was given, because a browser takes localhost and 127.0.0.1 for two origins.
func pageOrigin(addr string, bound net.Addr) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(bound.String())
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func handler(server, guest string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(style)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Security-Policy", policy(server))
		own := "http://" + r.Host
		page.Execute(w, view{Server: server, Origin: own, Guest: guest, Remote: own != server})
	})
	return mux
}

// policy is what a page that embeds a wab app needs to allow: the server's scripts, their WebAssembly, requests and a socket to the server,
// and a worker made from a blob, because a browser starts none from another origin's address; what the blob
// imports counts as a worker too.
func policy(server string) string {
	socket := "ws" + server[len("http"):]
	return "default-src 'none'; style-src 'self'; img-src data:; script-src " + server + " blob: 'wasm-unsafe-eval'; connect-src " + server + " " + socket + "; worker-src blob: " + server
}
