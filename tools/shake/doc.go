// Command shake looks for tests, and code, that only work as long as goroutines run in the usual order: it runs a package's tests again
// and again with a Go runtime in which now and then a goroutine sleeps before it locks a mutex, sends or receives.
//
//	go run ./tools/shake [-n 12] [-p 4] [-race] [-timeout 20m] [-keep DIR] package … [-- flags of the test binary]
//
// Packages are paths as go list takes them. It prints which tests have failed, and how often, and where their output is, and exits with 1 if there
// are any. Sleeping costs no processor time, so that many runs go side by side; each takes five to ten times as long as usual. What fails
// because its patience is counted in milliseconds is a finding, too: a loaded machine stalls as long.
//
// The runtime is changed by go build's -overlay: nothing of the Go installation is touched. It was written for Go 1.26; where another
// version has its locks elsewhere, it says so and stops.
package main
