package uitest

// Tab is what a page is looked at with, such as package browser's.
type Tab interface {
	Before(script string)
	Eval(script string)
}

// listening keeps every text of a toast or a notice.
const listening = `(() => {
	const heard = new Set();
	new MutationObserver(() => document.querySelectorAll(".toast, .notice:not([hidden])").forEach((e) => heard.add(e.textContent))).observe(document, { subtree: true, childList: true, attributeFilter: ["hidden"] });
	window.said = (words) => [...heard].some((text) => text.includes(words));
})()`

// Listen has a tab, as it is and in what it opens from now on, remember what toasts and notices say: they go away by themselves, which a test may be too late for. In the
// page, said("…") tells whether one has had these words.
func Listen(tab Tab) {
	tab.Before(listening)
	tab.Eval(listening)
}
