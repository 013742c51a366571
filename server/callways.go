package server

import (
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// ways are how clients reach calls, for wab check.
type ways struct {
	Now    int64    `json:"now"`             // µs
	Calls  bool     `json:"calls"`           // false: they are off
	UDP    []string `json:"udp,omitempty"`   // host:port that answer STUN
	TCP    []string `json:"tcp,omitempty"`   // likewise
	Peers  []string `json:"peers,omitempty"` // addresses of media for relays of this server, one of a family
	Own    bool     `json:"own"`             // the relays are this server's
	Relays []relay  `json:"relays,omitempty"`
}

type relay struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// ways answers GET /api/calls: to those whose token opens everything of theirs, for credentials of a relay come with it.
func (s *Server) ways(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, scope, err := s.accounts.Verify(token)
	switch {
	case err != nil:
		answer.Error(w, wire.Err(wire.Unauthenticated, "This needs a token: wab token makes one."))
		return
	case scope.App != "" || scope.CA != "" || len(scope.Methods) > 0:
		answer.Error(w, wire.Err(wire.NotAllowed, "This needs a token that is not narrowed to an app, a CA or methods."))
		return
	}
	body, err := json.Marshal(s.waysNow())
	if err != nil {
		panic(err) // texts and numbers
	}
	answer.JSON(w, http.StatusOK, body)
}

func (s *Server) waysNow() ways {
	now := ways{Now: clock.Micros(s.opt.Clock.Now()), Calls: s.relay != nil, Own: len(s.opt.Calls.TURN.URLs) == 0}
	if s.relay == nil {
		return now
	}
	for _, h := range s.relay.Hosts() {
		now.UDP = append(now.UDP, net.JoinHostPort(h, portOf(s.ports.UDP().LocalAddr())))
		if l := s.ports.MediaStreams(); l != nil {
			now.TCP = append(now.TCP, net.JoinHostPort(h, portOf(l.Addr())))
		}
	}
	for _, p := range s.relay.Peers() {
		now.Peers = append(now.Peers, p.String())
	}
	for _, i := range s.relay.ICEServers("check-" + rand.Text()[:8]) {
		now.Relays = append(now.Relays, relay(i))
	}
	return now
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String()) // of a socket, always well formed
	return port
}
