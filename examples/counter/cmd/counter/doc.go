// Command counter serves the counter alone.
package main
