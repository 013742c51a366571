package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/server"
)

// cloudRole is a whole server with clouds, on the data folder that is named, which reaches others on the same machine.
func cloudRole(_ context.Context, args []string) (*role, error) {
	return serveApps(server.Options{Data: args[0], AllowPrivatePeers: true}, cloudApp)
}

// bareCloudRole is what a server of events can't do without: net/http, a body that is read, a merging commit to bare Pebble, an answer of as many bytes. The path begins
// with how many commits there are, one after the other, and the number of the CA. Its arguments are a folder, a file with what is written, and the length of answers.
func bareCloudRole(_ context.Context, args []string) (*role, error) {
	size, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, err
	}
	recorded, err := readWrites(args[1])
	if err != nil {
		return nil, err
	}
	b, err := openBare(filepath.Join(args[0], "bare"), recorded)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	mux := http.NewServeMux()
	answer := make([]byte, size)
	mux.HandleFunc("POST /{commits}/{ca}/", func(w http.ResponseWriter, r *http.Request) {
		if err := b.serve(r, recorded); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
	h := &http.Server{Handler: mux}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	end := func() error { return errors.Join(h.Close(), ignoreClosed(<-ended), b.close()) }
	return &role{ready: address{l.Addr().String()}, close: end}, nil
}

// serve reads a request's body and makes its commits.
func (b *bare) serve(r *http.Request, recorded []store.Write) error {
	if _, err := io.ReadAll(r.Body); err != nil {
		return err
	}
	commits, err := strconv.Atoi(r.PathValue("commits"))
	if err != nil {
		return err
	}
	ca, err := strconv.Atoi(r.PathValue("ca"))
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	for range commits {
		b.committer.Submit(store.Write{CA: recorded[ca%len(recorded)].CA}, func(r store.Result) { done <- r.Err })
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}
