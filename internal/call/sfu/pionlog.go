package sfu

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLog passes on what pion thinks worth a warning or an error, as debug messages: it is about one member's network or input, and an
// operator can do nothing about it.
type pionLog struct{ log *slog.Logger }

func (l pionLog) NewLogger(scope string) logging.LeveledLogger {
	return scopedLog{log: l.log.With("scope", scope)}
}

type scopedLog struct{ log *slog.Logger }

func (scopedLog) Trace(string)          {}
func (scopedLog) Tracef(string, ...any) {}
func (scopedLog) Debug(string)          {}
func (scopedLog) Debugf(string, ...any) {}
func (scopedLog) Info(string)           {}
func (scopedLog) Infof(string, ...any)  {}

func (l scopedLog) Warn(msg string)           { l.log.Debug(msg) }
func (l scopedLog) Warnf(f string, a ...any)  { l.format(f, a) }
func (l scopedLog) Error(msg string)          { l.log.Debug(msg) }
func (l scopedLog) Errorf(f string, a ...any) { l.format(f, a) }

func (l scopedLog) format(f string, a []any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(f, a...))
	}
}
