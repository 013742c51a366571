package main

import (
	"github.com/wabgo/wab/examples/whiteboard"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(whiteboard.App) }
