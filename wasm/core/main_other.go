//go:build !js

package main

import "os"

func main() {
	os.Stderr.WriteString("core runs in browsers only; build it with GOOS=js GOARCH=wasm (go run ./tools/build does)\n")
	os.Exit(1)
}
