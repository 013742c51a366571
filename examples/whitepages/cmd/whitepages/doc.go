// Command whitepages serves the white pages alone.
package main
