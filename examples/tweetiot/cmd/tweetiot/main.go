package main

import (
	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(tweetiot.App) }
