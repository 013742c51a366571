package session

import (
	"github.com/wabgo/wab/internal/wire"
)

var (
	errVersion  = wire.Err(wire.BadRequest, "This server speaks version 1 of the protocol. Load the page again, or update the client.")
	errOwner    = wire.Err(wire.NotAllowed, "A connection stays with its owner. Open another one for another owner.")
	errExpired  = wire.Err(wire.Unauthenticated, "The token has expired or was revoked. Sign in again.")
	errTooMany  = wire.Retry(wire.Overloaded, "You have too many connections open. Close some.", 10_000)
	errNarrowed = wire.Err(wire.NotAllowed, "The new token does not reach this CA.")
)

func (c *Conn) handleHello(frame []byte) error {
	f, err := wire.ParseHello(frame)
	if err != nil {
		return err
	}
	if f.Version != wire.Version {
		return errVersion
	}
	token := f.Token
	if token == "" {
		token = c.bearer
	}
	c.bearer = ""
	id, bad := c.srv.verify(token)
	if bad != nil {
		c.refuse(bad)
		return nil
	}
	if !c.srv.welcome(c, id) {
		c.bye(wire.Bye{Code: errTooMany.Code, Message: errTooMany.Message, ReconnectAfter: errTooMany.RetryAfter}, wire.CloseOverloaded, true)
		return nil
	}
	if c.revokedMeanwhile(token) {
		return nil
	}
	c.sendWelcome(id)
	c.srv.opt.Log.Debug("client connected", "owner", id.owner, "client", f.Client)
	return nil
}

// revokedMeanwhile ends the connection if its token was revoked after it was verified and before Recheck could find it here.
func (c *Conn) revokedMeanwhile(token string) bool {
	_, bad := c.srv.verify(token)
	if bad != nil {
		c.refuse(errExpired)
	}
	return bad != nil
}

func (c *Conn) sendWelcome(id *identity) {
	c.send(wire.Welcome{
		Version: wire.Version, Build: c.srv.opt.Build, Owner: id.owner, Now: c.srv.micros(), Expires: id.scope.Expires,
		MaxFrame: uint32(c.srv.opt.MaxFrame), MaxInflight: uint32(c.srv.opt.MaxInflight),
	})
}

// handleAuth renews the token. Channels that the new one does not reach end.
func (c *Conn) handleAuth(frame []byte) error {
	f, err := wire.ParseAuth(frame)
	if err != nil {
		return err
	}
	id, bad := c.srv.verify(f.Token)
	if bad != nil {
		c.refuse(bad)
		return nil
	}
	if id.owner != c.Owner() {
		return errOwner
	}
	c.id.Store(id)
	if c.revokedMeanwhile(f.Token) {
		return nil
	}
	now := c.srv.micros()
	for _, ch := range c.channels {
		if id.scope.Permits(ch.ca, "", now) != nil {
			ch.end(errNarrowed)
			c.srv.registry.leave(ch, now, false)
		}
	}
	for _, f := range c.srv.onAuth {
		f(c)
	}
	c.sendWelcome(id)
	return nil
}

// verify asks whose token it is.
func (s *Server) verify(token string) (*identity, *wire.Error) {
	owner, scope, err := s.opt.Auth.Verify(token)
	if err != nil {
		return nil, coded(err, wire.Unauthenticated, "The token is not valid. Sign in again.")
	}
	return &identity{owner: owner, scope: scope, token: token}, nil
}
