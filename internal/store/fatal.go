package store

import (
	"log/slog"
	"os"
	"sync"
)

var exit sync.Once

// Exit is what happens by default when a store can no longer tell what it holds: one line in the log, and the process ends.
// Whoever starts it again reads what is durable; going on would acknowledge what may be lost. It never returns.
func Exit(err error) {
	exit.Do(func() {
		slog.Error("the store failed; the process ends so that nothing is acknowledged that may be lost", "err", err)
		os.Exit(1)
	})
}
