package bundle_test

import (
	"fmt"

	"github.com/wabgo/wab/internal/bundle"
)

// A driver owns the clock, a timer and the commands' handlers.
func ExampleScheduler() {
	arrived, err := bundle.Parse((&bundle.Bundle{
		ID: "buzz", At: noon,
		Commands: []bundle.Command{{Name: "on"}, {After: 340_000, Name: "off"}},
		Recovery: []bundle.Command{{Name: "off"}},
	}).Append(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	var s bundle.Scheduler
	now := int64(noon - 1_000_000)
	s.Add(now, arrived)
	for wake := s.Wake(); wake != 0; wake = s.Wake() {
		now = max(now, wake) // sleeps
		s.Tick(now, 0)
		for e, ok := s.Next(); ok; e, ok = s.Next() {
			if e.Kind == bundle.End {
				fmt.Println(e.ID, "is", e.Outcome)
				continue
			}
			fmt.Println(e.Command.Name, "at", now-noon)
			s.Ran(e.ID, e.N, now, "")
		}
	}
	// Output:
	// on at 0
	// off at 340000
	// buzz is done
}
