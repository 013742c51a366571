package main

import (
	"embed"

	"github.com/wabgo/wab/server"
)

// Counter is a Cloud Assistant: its exported fields are its checkpointed state.
type Counter struct{ N int }

// Add is a transaction: it is durable before its caller hears of it, and undone if it fails.
func (c *Counter) Add(tx *server.Tx, n int) (int, error) {
	c.N += n
	tx.Notify("*", c.N) // to all open pages of the owner
	return c.N, nil
}

//go:embed web
var web embed.FS

func main() {
	server.Main(server.App{Name: "counter", New: func() server.CA { return new(Counter) }, Web: web})
}
