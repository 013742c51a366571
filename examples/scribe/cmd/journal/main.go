package main

import (
	"github.com/wabgo/wab/examples/scribe"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(scribe.App) }
