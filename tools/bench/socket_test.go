package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestSocket talks to the real library: what it accepts is a WebSocket.
func TestSocket(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			_, b, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), websocket.MessageBinary, b) != nil {
				return
			}
		}
	}))
	defer h.Close()
	s, err := dial(strings.TrimPrefix(h.URL, "http://"), "/")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, size := range []int{0, 1, 125, 126, 127, 4000, 30_000} {
		want := bytes.Repeat([]byte{'a'}, size)
		if err := s.write(append(s.begin(), want...)); err != nil {
			t.Fatal(err)
		}
		got, err := s.read()
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came back as %d: %v", size, len(got), err)
		}
	}
	if err := s.write(append(s.begin(), make([]byte, 1<<16)...)); err == nil {
		t.Fatal("a frame that is too large was sent")
	}
}

func TestDialIsRefusedClearly(t *testing.T) {
	h := httptest.NewServer(http.NotFoundHandler())
	defer h.Close()
	if _, err := dial(strings.TrimPrefix(h.URL, "http://"), "/"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatal(err)
	}
}
