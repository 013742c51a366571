package browser

import (
	"os"
	"path/filepath"
	"testing"
)

// widerScript lists what reaches out of the window sideways.
const widerScript = `(() => {
	const wide = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= wide) return [];
	return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1 && e.offsetParent)
		.map(e => e.tagName + "." + e.className + " ends at " + Math.round(e.getBoundingClientRect().right) + " of " + wide).slice(0, 5);
})()`

// axeScript runs axe-core's rules for WCAG 2.2 A and AA.
func axeScript(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal("axe-core is not installed: npm ci")
	}
	return string(source) + `;
	axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(r =>
		r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "))))`
}

// root is the module's folder.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for d := dir; d != filepath.Dir(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
	}
	t.Fatal("no go.mod above " + dir)
	return ""
}
