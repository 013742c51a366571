package server

import "github.com/wabgo/wab/internal/bus"

// Bus is the way into the server for this module's own tools: whom they name as the caller of a request is not asked for a token.
func (s *Server) Bus() *bus.Bus { return bus.New(s.runtime) }

// Gate answers what the policy of a CA says of somebody, for this module's own tools.
func (s *Server) Gate() *bus.Gate { return s.gate }
