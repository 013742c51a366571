package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

// bench is one load, with the limits it is held against.
type bench struct {
	name  string
	about string
	run   func(context.Context, *report) error
}

var benches = []bench{
	{"commit", "10,000 CAs, 64 and 1,024 changes in flight, against bare Pebble", benchCommit},
	{"one-ca", "one CA, 1 and 32 changes in flight", benchOneCA},
	{"request-ws", "changes to 100 CAs over 64 WebSockets, against an echo and a commit", benchRequestWS},
	{"request-read", "reads of 100 CAs over 64 WebSockets, and what they write", benchRequestRead},
	{"flood", "what an owner feels of another one's flood, against another server on the same machine", benchFlood},
	{"map-fanout", "one map on 1,000 and 10,000 WebSockets, against bare writes", benchMapFanout},
	{"map-readers", "1,000 and 10,000 CAs that read one map of 10,000 entries", benchMapReaders},
	{"map-apply", "100,000 deltas in the browser's core, against plain JavaScript and Yjs", benchMapApply},
	{"pubsub-ca", "one message to 1,000 and 10,000 CAs that follow a topic, against bare Pebble", benchPubsubCA},
	{"pubsub-ws", "one topic on 1,000 and 10,000 WebSockets, against bare writes", benchPubsubWS},
	{"events", "events by channels of one CA and of 50 over HTTP, against a bare server with a commit", benchEvents},
	{"dance", "whole subscriptions between two servers, against the commits and round trips they need", benchDance},
	{"bundle-skew", "how far apart 10,000 devices behind CAs act, and 100,000 that follow a topic", benchBundleSkew},
	{"sfu", "one video stream to 30 and 60 subscribers, against a bare UDP copy loop", benchSFU},
	{"timeline", "how far from their frame actions in a call fire, on five networks, in a real browser", benchTimeline},
	{"idle", "memory of CAs and sockets that do nothing, and a start with a million CAs", benchIdle},
	{"policy", "decisions over groups of 100,000 members, direct and over three links, against a bare map", benchPolicy},
}

func find(name string) (bench, bool) {
	for _, b := range benches {
		if b.name == name {
			return b, true
		}
	}
	return bench{}, false
}

func benchNames() (names []string) {
	for _, b := range benches {
		names = append(names, b.name)
	}
	return names
}

func printList(out io.Writer) {
	for _, b := range benches {
		fmt.Fprintf(out, "%-14s %s\n", b.name, b.about)
	}
}

// scratch is a folder for one bench; gone removes it.
func scratch() (dir string, gone func(), err error) {
	dir, err = os.MkdirTemp("", "wab-bench-")
	return dir, func() { os.RemoveAll(dir) }, err
}
