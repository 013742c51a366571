package pebblestore

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// logger passes on what Pebble says. Its chatter is for debugging; what it calls fatal is.
type logger struct {
	log *slog.Logger
	dir string
	*failure
}

func (l *logger) Infof(format string, args ...any) {}

func (l *logger) Errorf(format string, args ...any) {
	l.log.Warn("pebble", "dir", l.dir, "msg", oneLine(fmt.Sprintf(format, args...)))
}

func (l *logger) Fatalf(format string, args ...any) {
	var causes []error
	for _, a := range args {
		if err, ok := a.(error); ok {
			causes = append(causes, err) // Open tells by it what to do
		}
	}
	_ = l.set(&lineError{oneLine(fmt.Sprintf(format, args...)), errors.Join(causes...)})
}

// listener ends the process for what goes wrong in the background, where no caller would hear of it.
func (l *logger) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { _ = l.set(fmt.Errorf("in the background: %w", err)) },
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			l.log.Error("damaged data; the CAs in it can't be loaded", "dir", l.dir, "path", info.Path, "err", info.Details)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			l.log.Debug("the disk can't keep up; commits wait", "dir", l.dir, "why", info.Reason)
		},
	}
}
