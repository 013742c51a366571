package turn

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// loggers pass pion's warnings on at level debug: whoever sends nonsense makes them, so they must not fill logs.
type loggers struct{ log *slog.Logger }

func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return logger{l.log.With(slog.String("scope", scope))}
}

type logger struct{ log *slog.Logger }

func (l logger) Trace(string)          {}
func (l logger) Tracef(string, ...any) {}
func (l logger) Debug(string)          {}
func (l logger) Debugf(string, ...any) {}
func (l logger) Info(string)           {}
func (l logger) Infof(string, ...any)  {}
func (l logger) Warn(s string)         { l.log.Debug(s) }
func (l logger) Error(s string)        { l.log.Debug(s) }

func (l logger) Warnf(format string, a ...any)  { l.say(format, a) }
func (l logger) Errorf(format string, a ...any) { l.say(format, a) }

func (l logger) say(format string, a []any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, a...))
	}
}
