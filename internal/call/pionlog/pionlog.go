package pionlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// To is what pion takes as its loggers. Each names its part of pion as scope.
func To(log *slog.Logger) logging.LoggerFactory { return factory{log} }

type factory struct{ log *slog.Logger }

func (f factory) NewLogger(scope string) logging.LeveledLogger {
	return logger{f.log.With(slog.String("scope", scope))}
}

type logger struct{ log *slog.Logger }

func (logger) Trace(string)          {}
func (logger) Tracef(string, ...any) {}
func (logger) Debug(string)          {}
func (logger) Debugf(string, ...any) {}
func (logger) Info(string)           {}
func (logger) Infof(string, ...any)  {}

func (l logger) Warn(text string)                  { l.log.Debug(text) }
func (l logger) Warnf(format string, args ...any)  { l.format(format, args) }
func (l logger) Error(text string)                 { l.log.Debug(text) }
func (l logger) Errorf(format string, args ...any) { l.format(format, args) }

func (l logger) format(format string, args []any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}
