// Package scribe is a service behind a Cloud Assistant: a program that writes lines into a file of its own machine, for people who need not know where it is, or whether it runs.
//
// # How it works
//
// What stands behind a CA need not be a gadget. The service (scribe.go) comes in as the device scribe of a Journal (journal.go), with a token that opens nothing
// else; its one command is write. People ask the Journal, whose group writers says who may: the file is reached by nobody but through it.
//
//	go run ./examples/scribe/cmd/journal --dev --data data
//	go run ./examples/scribe/cmd/scribe --token T journal.txt        # T is what the method Token answers
//
// # What holds
//
// Each line is written once, in the order in which the Journal took them, also through ends of the service at any moment (kill -9). The Journal asks for up to 100 lines with
// one Timed Bundle and goes on when it hears what became of that; lines are numbered, so that the service knows those that it is asked for again. 1,000
// lines wait while it is away, each of up to 280 bytes. A file that can't be written is tried again every second.
package scribe
