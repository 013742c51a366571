package main

import (
	"github.com/wabgo/wab/examples/sentinel"
	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/server"
)

func main() { server.Main(sentinel.App, tweetiot.App) }
