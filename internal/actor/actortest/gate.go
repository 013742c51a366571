package actortest

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/wire"
)

// Gate lets everything in, unless its funcs say otherwise.
type Gate struct {
	OnArrive func(*actor.Message) *wire.Error
	OnAdmit  func(*actor.Message) *wire.Error
}

// Letter is none that others use.
func (*Gate) Letter() byte { return 'G' }

// NewPart guards a CA.
func (g *Gate) NewPart(*actor.CA) actor.Part { return guard{g} }

// Arrive asks OnArrive.
func (g *Gate) Arrive(m *actor.Message, _ any) *wire.Error {
	if g.OnArrive == nil {
		return nil
	}
	return g.OnArrive(m)
}

type guard struct{ gate *Gate }

func (guard) Begin()                                     {}
func (guard) Rollback()                                  {}
func (guard) Encode(*actor.Commit)                       {}
func (guard) Settle([]byte, *wire.Error)                 {}
func (guard) Recall(*actor.Message, int64) actor.Verdict { return actor.Verdict{} }
func (g guard) Admit(m *actor.Message, _ int64) actor.Verdict {
	if g.gate.OnAdmit == nil {
		return actor.Verdict{}
	}
	return actor.Verdict{Refused: g.gate.OnAdmit(m)}
}
