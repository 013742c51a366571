package browser

// watchShifts gathers, in every page of a tab, shifts of the layout that nobody caused. To Chromium a shift has a cause for half a second after an input. A busy machine may take longer
// to show what an input does: shifts have a cause, too, until the frame after whatever the input's handlers have put off to tasks of their own. What the page moves later, when a server
// has answered or a timer has ended, has none. Things are named at once: later they may be gone. Chromium names nothing that is inside a shadow tree: that is looked for by the place that
// it has moved to.
const watchShifts = `if (window === top) {
	const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // to the end of one
	const inputs = [];
	for (const type of ["keydown", "keyup", "pointerdown", "pointerup", "click"]) addEventListener(type, (e) => {
		if (!e.isTrusted) return;
		const input = { from: performance.now(), to: Infinity };
		inputs.push(input);
		requestAnimationFrame(() => setTimeout(() => frame().then(() => { input.to = performance.now(); })));
	}, { capture: true, passive: true });

	const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]));
	const near = (a, b) => Math.abs(a - b) < 2;
	const at = (place) => place.width && all(document).findLast((e) => {
		const r = e.getBoundingClientRect();
		return near(Math.max(r.left, 0), place.left) && near(Math.max(r.top, 0), place.top) && near(Math.min(r.right, innerWidth), place.right) && near(Math.min(r.bottom, innerHeight), place.bottom);
	});
	const name = (n) => n.localName ? [n.localName + (n.id && "#" + n.id), ...n.classList].join(".") : n.nodeName;
	const path = (n) => !n || n === document.body ? "" : n instanceof ShadowRoot ? path(n.host) : path(n.parentNode) + " " + name(n);
	const where = (r) => [r.x, r.y, r.width, r.height].map(Math.round).join(",");

	let sum = 0, what = [];
	const take = (shifts) => {
		for (const s of shifts) {
			if (s.hadRecentInput || inputs.some(({ from, to }) => from <= s.startTime && s.startTime <= to)) continue;
			sum += s.value;
			for (const { node, previousRect, currentRect } of s.sources) what.push(
				(path(node ?? at(currentRect)).trim() || "what nobody can name") + " moved from " + where(previousRect) + " to " + where(currentRect) + ", " + s.value.toFixed(4) + ", " +
				(s.lastInputTime ? Math.round(s.startTime - s.lastInputTime) + " ms after an input" : "without any input"));
		}
	};
	const observer = new PerformanceObserver((list) => take(list.getEntries()));
	observer.observe({ type: "layout-shift", buffered: true });

	// Shifts are known when the frame in which they happen has ended.
	const settled = () => frame().then(() => take(observer.takeRecords()));
	window.layoutShifts = {
		found: () => settled().then(() => (sum < 0.01 ? [] : what)),
		forget: () => settled().then(() => { sum = 0; what = []; }),
	};
}`

// shiftScript lists shifts of the layout that nobody caused, since the page was opened or Moved was called. Those below 0.01 of the window can't be seen.
const shiftScript = `layoutShifts.found()`
