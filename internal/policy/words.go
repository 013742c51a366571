package policy

import (
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/name"
)

// How much of a list and of a word a sentence repeats.
const (
	shownMethods = 8
	shownBytes   = 128
)

// methodList names methods: "all methods", "the method Add", "the methods Add, Get and 3 more".
func methodList(methods []string) string {
	switch n := len(methods); {
	case n == 0:
		return "all methods"
	case n == 1:
		return "the method " + clip(methods[0])
	case n <= shownMethods:
		return "the methods " + joinClipped(methods)
	default:
		return "the methods " + joinClipped(methods[:shownMethods]) + " and " + strconv.Itoa(n-shownMethods) + " more"
	}
}

func joinClipped(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(clip(w))
	}
	return b.String()
}

// target names what a caller asks for.
func target(to name.Name, method string) string {
	if method == "" {
		return clip(to.String())
	}
	return clip(method) + " of " + clip(to.String())
}

// clip makes a word from outside fit for a sentence: short, and without control characters.
func clip(s string) string {
	if len(s) > shownBytes {
		s = s[:shownBytes] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
