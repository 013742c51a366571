package hellowab

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// media are switches for a Chromium with a camera and a microphone that nobody has to allow.
var media = []string{"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream"}

// inCall is true once the page is in the call, with so many people in it.
func inCall(people int) string {
	return fmt.Sprintf(`document.querySelector("wab-call")?.dataset.state === "live" && document.querySelector("wab-call").call.people.length === %d`, people)
}

// admitted has bob knock at alice's meeting, and alice let him in.
func admitted(t *testing.T, url string) (alice, bob *browser.Tab) {
	alice, bob = browser.Start(t, media...).Tab(t, browser.Looks[0]), browser.Start(t, media...).Tab(t, browser.Looks[1])
	comeIn(alice, url+"/hellowab/?ca=alice/standup", "alice")
	alice.Until(shown + ` && ` + inCall(1))
	comeIn(bob, url+"/hellowab/?ca=alice/standup", "bob")
	bob.Until(`!lobby.hidden && lobby.innerText.includes("alice sees that “bob” knocks")`)
	alice.Until(`door.innerText.includes("bob knocks")`)
	alice.Shoot("hellowab-knock")
	bob.Shoot("hellowab-lobby")
	bob.Check()
	alice.Do(chromedp.Click(`#door [aria-label="Let bob in"]`))
	bob.Until(`lobby.hidden && ` + shown + ` && ` + inCall(2))
	alice.Until(inCall(2) + ` && door.children.length === 0`)
	return alice, bob
}

func TestCALL1_WhoKnocksIsLetInAndShownOut(t *testing.T) {
	s := run(t)
	alice, bob := admitted(t, s.URL)
	board := bob.Frame("/whiteboard/")
	board.Until(live + ` && desk.hasAttribute("data-editable") && location.search === "?ca=alice/standup"`)
	alice.Shoot("hellowab-two")
	bob.Shoot("hellowab-two")
	alice.Check()
	bob.Check()

	alice.Do(chromedp.Click("#people-button"))
	alice.Until(`present.innerText.includes("bob")`)
	alice.Shoot("hellowab-people")
	alice.Check()
	alice.Do(chromedp.Click(`#present [aria-label="Remove bob"]`))
	bob.Until(`!lobby.hidden && lobby.innerText.includes("alice has shown you out") && !document.querySelector("iframe") && !document.querySelector("wab-call")`)
	alice.Until(inCall(1))
	bob.Shoot("hellowab-out")
	alice.Do(chromedp.Click(`#admitted [aria-label="Let bob in again"]`))
	bob.Until(`lobby.hidden && ` + shown + ` && ` + inCall(2))
}
