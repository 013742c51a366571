//go:build !wasip1

package main

import "os"

func main() {
	os.Stderr.WriteString("methods runs in a host; build it with GOOS=wasip1 GOARCH=wasm -buildmode=c-shared (go run ./tools/build does)\n")
	os.Exit(1)
}
