package main

import (
	"github.com/wabgo/wab/examples/personalcloud"
	"github.com/wabgo/wab/examples/whitepages"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(personalcloud.App, whitepages.App) }
