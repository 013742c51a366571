// Command personalcloud serves the personal cloud alone.
package main
