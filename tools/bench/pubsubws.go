package main

import (
	"context"
	"fmt"

	"github.com/wabgo/wab/server"
)

// topicText is the length of a message, so that a frame has 128 bytes.
const topicText = 82

var topicNews = news{
	follow:  boardApp.Name + ":" + server.Forum(boardForum),
	prepare: func(*client) error { return nil },
	method:  "Tell",
	args:    func(n int) []byte { return arguments(fmt.Sprintf("%0*d", topicText, n)) },
}

// benchPubsubWS measures what it costs to bring one CA's messages to many sockets that follow a topic, against a bare loop of writes.
func benchPubsubWS(ctx context.Context, r *report) error {
	for _, level := range fanLevels {
		if err := fanOut(ctx, r, level, &topicNews); err != nil {
			return err
		}
	}
	r.note("deliver_us is the server's CPU, user and system, for one message at one socket: the request, both commits (the CA's, the topic's) and encoding included.")
	r.note("The rest is as in map-fanout, with messages instead of changes: none is merged with another, each travels to everybody.")
	return nil
}
