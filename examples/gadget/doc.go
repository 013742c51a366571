// Command gadget is a lamp, a buzzer or a sensor behind a Cloud Assistant, in a terminal.
//
//	go run ./examples/gadget 'http://localhost:8080/tweetiot/device#token=…&ca=alice/home&name=lamp'
//	go run ./examples/gadget --server http://localhost:8080 --token T --name buzzer --json
//
// It has one command, pin, which takes a boolean: on or off. What it does goes to an Output (output.go), which has two methods: the terminal is one, a file of the
// system that takes 1 and 0, such as the brightness of an LED, another; the pins of a board would be a third.
//
// # Lines
//
// With --json it prints one object a line for each command that it has executed, and nothing else, at once:
//
//	{"command":"pin","args":[true],"due":"2026-11-22T08:40:00.340000Z","ran":"2026-11-22T08:40:00.340112Z","bound_ms":1.204}
//
// due is when it was to run, ran when it began, both by the server's clock as it is known here, in µs; bound_ms is by how much ran may be wrong. How the connection
// is and what goes wrong stands on stderr.
//
// # Its end
//
// It goes on without a connection, and runs what it has been told before; it comes back by itself. It ends, with its pin off, with
//
//	0  when it is told to by SIGINT or SIGTERM
//	1  when something else went wrong: the CA lets no device in, or the output fails at the start
//	2  when it was started in a wrong way
//	3  when the server refuses its token: expired, revoked, or one of before the device was registered again
//	4  when another gadget of its name has taken over
//
// # Goroutines
//
// Commands run one after the other on the client's goroutine. The screen has one of its own, so that a slow terminal holds nothing up.
package main
