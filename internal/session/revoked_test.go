package session

import (
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// hasty revokes a token in the very moment in which it has been found good, before the connection can be found by its owner.
type hasty struct {
	*fakeAuth
	srv   *Server
	token string
}

func (h *hasty) Verify(token string) (string, policy.Scope, error) {
	owner, scope, err := h.fakeAuth.Verify(token)
	if err == nil && token == h.token {
		h.fakeAuth.mu.Lock()
		h.fakeAuth.bad[token] = true
		h.fakeAuth.mu.Unlock()
		h.srv.Recheck(owner)
	}
	return owner, scope, err
}

func newHasty(t *testing.T, token string) *stand {
	h := &hasty{fakeAuth: newFakeAuth(), token: token}
	h.fakeAuth.set("fresh", "alice", policy.Scope{})
	st := newStand(t, func(o *Options) { o.Auth = h })
	h.srv = st.srv
	return st
}

func TestBUS6_ATokenRevokedDuringHelloOpensNothing(t *testing.T) {
	p := newHasty(t, "alice").connect(nil)
	p.send(wire.Hello{Version: wire.Version, Token: "alice"})
	p.expectBye(wire.Unauthenticated, -1, websocket.StatusPolicyViolation)
}

func TestBUS6_ATokenRevokedWhileItRenewsOpensNothing(t *testing.T) {
	p := newHasty(t, "fresh").hello("alice")
	p.send(wire.Auth{Token: "fresh"})
	p.expectBye(wire.Unauthenticated, -1, websocket.StatusPolicyViolation)
}
