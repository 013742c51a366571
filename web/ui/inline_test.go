package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func source(content string) string {
	sum := sha256.Sum256([]byte(content))
	return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func TestAFilesOwnScriptsAndStylesMayRun(t *testing.T) {
	for _, c := range []struct{ page, scripts, styles string }{
		{"", "", ""},
		{"<p>nothing</p>", "", ""},
		{`<script src="a.js"></script>`, "", ""},
		{`<script type="module">let a = 1 < 2;</script>`, source("let a = 1 < 2;"), ""},
		{"<SCRIPT>a</Script ><script\n>b</script>", source("a") + source("b"), ""},
		{"<script>a\r\nb</script>", source("a\nb"), ""},
		{"<style>p{}</style><script>a</script>", source("a"), source("p{}")},
		{"<scripts>a</scripts>", "", ""},
		{"<script>never closed", "", ""},
		{"<script", "", ""},
		{"<", "", ""},
	} {
		h := http.Header{}
		SecureFile(h, []byte(c.page))
		if got, want := h.Get("Content-Security-Policy"), policy(c.scripts, c.styles); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", c.page, got, want)
		}
	}
}

func FuzzInline(f *testing.F) {
	f.Add([]byte("<script>a</script>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		if got := hashes(page, "script"); strings.ContainsAny(got, ";\n") {
			t.Errorf("%q ends its directive", got)
		}
	})
}
