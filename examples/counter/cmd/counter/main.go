package main

import (
	"github.com/wabgo/wab/examples/counter"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(counter.App) }
