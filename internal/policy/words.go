package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/name"
)

// How much of a list and of a word a sentence repeats.
const (
	shownMethods = 8
	shownBytes   = 128
)

// IsMap tells whether what a caller asks for, or a rule names, is a map by its label. The names of methods begin with a capital letter.
func IsMap(method string) bool {
	return method != "" && (method[0] >= 'a' && method[0] <= 'z' || method[0] >= '0' && method[0] <= '9')
}

// things names methods and maps: "all methods and maps", "the methods Add, Get and the map board".
func things(names []string) string {
	maps := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !IsMap(n) })
	methods := slices.DeleteFunc(slices.Clone(names), IsMap)
	switch {
	case len(names) == 0:
		return "all methods and maps"
	case len(maps) == 0:
		return list("method", methods)
	case len(methods) == 0:
		return list("map", maps)
	}
	return list("method", methods) + " and " + list("map", maps)
}

// list names some: "the method Add", "the methods Add, Get and 3 more".
func list(what string, names []string) string {
	switch n := len(names); {
	case n == 1:
		return "the " + what + " " + clip(names[0])
	case n <= shownMethods:
		return "the " + what + "s " + joinClipped(names)
	default:
		return "the " + what + "s " + joinClipped(names[:shownMethods]) + " and " + strconv.Itoa(n-shownMethods) + " more"
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
	of := clip(method) + " of " + clip(to.String())
	if IsMap(method) {
		return "the map " + of
	}
	return of
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
