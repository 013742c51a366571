package browser

import "testing"

// TestUntilWaitsForWhatIsNotThereYet asks about an element that comes later, at first in the call and then once a frame.
func TestUntilWaitsForWhatIsNotThereYet(t *testing.T) {
	tab := Start(t).Tab(t, Looks[0])
	tab.Open("data:text/html,<link rel=icon href=data:,>")
	tab.Eval(`(setTimeout(() => document.body.append(Object.assign(document.createElement("b"), { textContent: "here" })), 200), 0)`)
	tab.Until(`document.querySelector("b").textContent === "here"`)
}

// TestUntilTellsWhatItHasWaitedFor, also of a promise that is never kept: it was once waited for without end.
func TestUntilTellsWhatItHasWaitedFor(t *testing.T) {
	tab := Start(t).Tab(t, Looks[0])
	tab.Open("data:text/html,<link rel=icon href=data:,>shown")
	for expression, want := range map[string]string{
		"new Promise(() => {})":            "nothing yet",
		"false":                            "nothing",
		"Promise.reject(new Error('why'))": "Error: why",
		"absent.text":                      "ReferenceError: absent is not defined",
	} {
		if thrown, body := tab.last(expression); thrown != want || body != "shown" {
			t.Errorf("%s throws %q on a page with %q", expression, thrown, body)
		}
	}
}
