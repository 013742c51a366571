package server

import (
	"log/slog"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
)

// maxNotes is how many notifications a message may send.
const maxNotes = 1000

// effectsFeature carries what leaves the server after a commit and is not stored: notifications and log lines.
type effectsFeature struct {
	notify func(ca name.Name, session string, value []byte)
}

// Letter is unused: nothing is stored.
func (*effectsFeature) Letter() byte { return 'E' }

func (f *effectsFeature) NewPart(*actor.CA) actor.Part { return &effects{feature: f} }

type effects struct {
	feature *effectsFeature
	notes   []note
	logs    []logLine
}

type note struct {
	ca      name.Name
	session string
	value   []byte
}

type logLine struct {
	log  *slog.Logger
	text string
	args []any
}

func (e *effects) Begin() { e.notes = nil }

// Rollback keeps the log lines: they tell why the message failed.
func (e *effects) Rollback() {
	e.notes = nil
	for i := range e.logs {
		e.logs[i].log = e.logs[i].log.With(slog.Bool("undone", true))
	}
}

func (e *effects) Encode(c *actor.Commit) {
	notes, logs := e.notes, e.logs
	if len(notes)+len(logs) == 0 {
		return
	}
	e.notes, e.logs = nil, nil
	c.After(func() {
		for _, l := range logs {
			l.log.Info(l.text, l.args...)
		}
		for _, n := range notes {
			e.feature.notify(n.ca, n.session, n.value)
		}
	})
}
