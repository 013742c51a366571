package browser

import "testing"

// TestUntilWaitsForWhatIsNotThereYet asks about an element that comes later, at first in the call and then once a frame.
func TestUntilWaitsForWhatIsNotThereYet(t *testing.T) {
	tab := Start(t).Tab(t, Looks[0])
	tab.Open("data:text/html,<link rel=icon href=data:,>")
	tab.Eval(`(setTimeout(() => document.body.append(Object.assign(document.createElement("b"), { textContent: "here" })), 200), 0)`)
	tab.Until(`document.querySelector("b").textContent === "here"`)
}
