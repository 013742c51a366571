package server

import (
	"log/slog"

	"github.com/wabgo/wab/internal/session"
)

// Of the files that the process may open, a quarter, keptBack at most, stays for the store above all, which ends the process when it can't open one. A quarter is for connections that have not
// upgraded, those of pages kept alive included; the rest for those that have.
const keptBack = 4096

// maxWebSockets is how many connections sessions may have where the process may open so many files.
func maxWebSockets(files int, log *slog.Logger) int {
	most := min(session.DefaultMaxConns, files-min(files/4, keptBack)-files/4)
	if most < session.DefaultMaxConns {
		log.Info("few files may be opened; raise the limit (ulimit -n) for more connections", slog.Int("files", files), slog.Int("websockets", most))
	}
	return most
}
