package outgoing

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

// hear reads a request's head and tells whether there was one.
func hear(c net.Conn) bool {
	_, err := http.ReadRequest(bufio.NewReader(c))
	return err == nil
}

// say writes a text again and again, until nobody listens.
func say(c net.Conn, once, again string) {
	_, err := io.WriteString(c, once)
	for err == nil && again != "" {
		_, err = io.WriteString(c, again)
	}
}

// hang keeps a connection without a word, until the other side goes.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

const brief = 50 * time.Millisecond

func TestCHAN5_APeerThatTakesItsTime(t *testing.T) {
	c := client(t, Options{Open: loopback})
	for what, speak := range map[string]func(net.Conn){
		"never answers":        hang,
		"stops in the head":    func(c net.Conn) { say(c, "HTTP/1.1 200 OK\r\nA: ", ""); hang(c) },
		"stops in the body":    func(c net.Conn) { say(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", ""); hang(c) },
		"stops in a chunk":     func(c net.Conn) { say(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n1", ""); hang(c) },
		"has no end of length": func(c net.Conn) { say(c, "HTTP/1.1 200 OK\r\n\r\n1", ""); hang(c) },
		"drips": func(c net.Conn) {
			say(c, "HTTP/1.1 200 OK\r\n\r\n", "")
			for _, err := io.WriteString(c, "."); err == nil; _, err = io.WriteString(c, ".") {
				<-time.After(time.Millisecond)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			wants(t, c, Call{URL: raw(t, func(c net.Conn) {
				if hear(c) {
					speak(c)
				}
			}), Timeout: brief}, wire.Deadline)
		})
	}
	t.Run("never shakes hands", func(t *testing.T) {
		wants(t, c, Call{URL: strings.Replace(raw(t, hang), "http:", "https:", 1), Timeout: brief}, wire.Deadline)
	})
}

func TestCHAN5_APeerThatSaysTooMuch(t *testing.T) {
	c := client(t, Options{Open: loopback})
	kib := strings.Repeat("x", 1024)
	for what, said := range map[string]struct {
		once, again string
		code        wire.Code
	}{
		"gigabytes":          {"HTTP/1.1 200 OK\r\n\r\n", kib, wire.TooLarge},
		"gigabytes foretold": {"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n", kib, wire.TooLarge},
		"chunks":             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + kib + "\r\n", wire.TooLarge},
		"chunk extensions":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", kib, wire.Unavailable},
		"tiny chunks":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", wire.Unavailable},
		"trailers":           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: " + kib + "\r\n", wire.Unavailable},
		"headers":            {"HTTP/1.1 200 OK\r\n", "A: " + kib + "\r\n", wire.TooLarge},
		"one header":         {"HTTP/1.1 200 OK\r\nA: ", kib, wire.TooLarge},
		"a status":           {"HTTP/1.1 200 ", kib, wire.TooLarge},
		"anything":           {"", kib, wire.TooLarge},
		"continuations":      {"", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", wire.TooLarge},
		"another protocol":   {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", kib, wire.Unavailable},
		"nonsense":           {"what?\r\n\r\n", "", wire.Unavailable},
		"nothing":            {"", "", wire.Unavailable},
		"two lengths":        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "", wire.Unavailable},
		"less than foretold": {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", "", wire.Unavailable},
		"a negative length":  {"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nx", "", wire.Unavailable},
	} {
		t.Run(what, func(t *testing.T) {
			wants(t, c, Call{URL: raw(t, func(c net.Conn) {
				if hear(c) {
					say(c, said.once, said.again)
				}
			})}, said.code)
		})
	}
}

// What is packed stays packed: a small answer is small, whatever it would unpack to.
func TestCHAN5_ABombIsNotUnpacked(t *testing.T) {
	var bomb bytes.Buffer
	z, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	_, _ = z.Write(make([]byte, 16<<20))
	z.Close()
	s := peer(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "" {
			t.Errorf("%q was asked for", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	if a := wants(t, client(t, Options{Open: loopback}), Call{URL: s.URL}, ""); len(a.Body) != bomb.Len() {
		t.Errorf("%d bytes of %d", len(a.Body), bomb.Len())
	}
}

func TestCHAN5_AnAnswerOfFullLength(t *testing.T) {
	s := peer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxAnswer)) })
	if a := wants(t, client(t, Options{Open: loopback}), Call{URL: s.URL}, ""); len(a.Body) != MaxAnswer {
		t.Error(len(a.Body))
	}
}

// A certificate of somebody unknown is an error, which may pass, and names no address.
func TestCHAN5_WhoCantShowWhoItIs(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := client(t, Options{Open: loopback}).Do(t.Context(), "alice", Call{URL: s.URL})
	if err != errIdentity {
		t.Error(err)
	}
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig
	wants(t, client(t, Options{Open: loopback, TLS: roots}), Call{URL: s.URL}, "")
}
