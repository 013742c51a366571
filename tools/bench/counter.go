package main

import "github.com/wabgo/wab/server"

// counter is the CA under load: the least that changes.
type counter struct{ N int }

// Add changes it.
func (c *counter) Add(tx *server.Tx, n int) (int, error) { c.N += n; return c.N, nil }

// Get changes nothing.
func (c *counter) Get(tx *server.Tx) int { return c.N }

var counterApp = server.App{Name: "counter", New: func() server.CA { return new(counter) }}
