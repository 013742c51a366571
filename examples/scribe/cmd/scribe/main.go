package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"github.com/wabgo/wab/examples/scribe"
)

func main() {
	server := flag.String("server", "http://localhost:8080", "`address` of the server")
	token := flag.String("token", "", "what the journal's method Token answers")
	ca := flag.String("ca", "journal:alice/home", "the journal, `app:owner/local`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := scribe.Serve(ctx, *server, *token, *ca, flag.Arg(0)); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}
