// Command first is the first app of the project's README, as it is printed there.
//
//	make build
//	go run ./examples/first -dev
package main
