package session

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/wire"
)

var errFull = wire.Retry(wire.Overloaded, "The server has too many connections. Try again later.", 10_000)

// upgrade serves GET /api/session. When it returns, the connection lives on in its reader.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	if refused := s.checkUpgrade(r); refused != nil {
		answer.Error(w, refused)
		return
	}
	number := s.upgrades.Add(1) // before the client can know that it is connected
	h := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		Subprotocols: []string{wire.Subprotocol}, CompressionMode: websocket.CompressionDisabled,
		InsecureSkipVerify: true, // checkUpgrade has looked at the origin
	})
	if err != nil {
		return // Accept has answered
	}
	ws.CloseNow() // all but the connection itself
	s.serve(h.conn, h.early, bearer(r.Header), number)
}

func (s *Server) checkUpgrade(r *http.Request) *wire.Error {
	switch {
	case s.draining.Load():
		return errDraining
	case !s.origins().Admits(r):
		return wire.Err(wire.NotAllowed, "Pages of this origin may not connect. The server's operator can allow it.")
	case !slices.ContainsFunc(r.Header.Values("Sec-Websocket-Protocol"), offersOurs):
		return wire.Err(wire.BadRequest, "This is a WebSocket of the subprotocol wab.v1.")
	case s.full():
		return errFull
	}
	return nil
}

func offersOurs(header string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(p string) bool { return strings.TrimSpace(p) == wire.Subprotocol })
}

func (s *Server) serve(conn net.Conn, early []byte, token string, number uint64) {
	now := s.micros()
	line, own := s.adopt(conn)
	c := &Conn{
		srv: s, number: number, born: now, bearer: token, channels: make(map[uint32]*channel), in: parser{limit: s.opt.MaxFrame},
		out: &outbox{gate: newGate(line), limit: s.opt.MaxQueue, flush: &s.flush, now: s.micros},
	}
	c.heard.Store(now)
	in := s.add(c)
	switch {
	case own != nil && in:
		own.begin(c, early)
	case own != nil:
		own.abandon()
	case in:
		go c.read(early)
	default:
		conn.Close()
	}
}

// bearer is the token of an Authorization header; empty if there is none.
func bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
