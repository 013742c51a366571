// Command hellowab serves meetings alone.
package main
