package main

import (
	"github.com/wabgo/wab/examples/hellowab"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(hellowab.App) }
