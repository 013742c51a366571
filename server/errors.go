package server

import "fmt"

// fail is an error of an app's set-up: what, and what is wrong with it.
func fail(what, format string, args ...any) error {
	return fmt.Errorf("wab: "+what+": "+format, args...)
}
