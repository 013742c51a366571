// Command shake looks for tests, and code, that only work as long as goroutines run in the usual order: it runs a package's tests again
// and again with a Go runtime in which now and then a goroutine sleeps before it locks a mutex, sends or receives.
//
//	go run ./tools/shake [-n 12] [-p 4] [-race] [-late 150ms] [-timeout 20m] [-keep DIR] package … [-- flags of the test binary]
//
// Packages are paths as go list takes them. It prints which tests have failed, and how often, and where their output is, and exits with 1 if there
// are any. Sleeping costs no processor time, so that many runs go side by side; each takes five to ten times as long as usual. What fails
// because its patience is counted in milliseconds is a finding, too: a loaded machine stalls as long.
//
// With -late it looks for those that only work as long as the network is quick: goroutines run as usual, but whatever connection a server accepts, in the tests or in a program that they build, carries its bytes late, each
// way, at random, in order. Tests of resets, addresses and what is under way when a process ends see the way between, and fail; others go on before what they need has arrived.
//
// The runtime is changed by go build's -overlay: nothing of the Go installation is touched. It was written for Go 1.26; where another
// version has its locks elsewhere, it says so and stops.
package main
