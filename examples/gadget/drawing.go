package main

import (
	"strings"
	"unicode/utf8"
)

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	lit        = "\x1b[33m" // yellow
	faint      = "\x1b[2m"
	bold       = "\x1b[1m"
	plain      = "\x1b[0m"
	endOfLine  = "\x1b[K\n"
	widest     = 60 // of the text, in characters
)

// pictures are of what is off and on: seven lines of 15 characters each.
var pictures = map[string][2][]string{
	"lamp": {{
		`               `,
		`     .---.     `,
		`    /     \    `,
		`    \     /    `,
		`     '. .'     `,
		`      |=|      `,
		`      '-'      `,
	}, {
		`   \   |   /   `,
		`     .---.     `,
		` -- /:::::\ -- `,
		`    \:::::/    `,
		`     ':::'     `,
		`      |=|      `,
		`      '-'      `,
	}},
	"buzzer": {{
		`       _       `,
		`      / \      `,
		`     /   \     `,
		`    |     |    `,
		`   _|     |_   `,
		`  '---------'  `,
		`       o       `,
	}, {
		`       _       `,
		` (    / \    ) `,
		`((   /:::\   ))`,
		`((  |:::::|  ))`,
		` ( _|:::::|_ ) `,
		`  '---------'  `,
		`        o      `,
	}},
	"sensor": {thermometer, thermometer},
}

var thermometer = []string{
	`      .-.      `,
	`      | |-     `,
	`      |:|      `,
	`      |:|-     `,
	`      |:|      `,
	`     (:::)     `,
	`      '-'      `,
}

// kind is which picture a gadget has, by its name.
func kind(l look) string {
	switch {
	case strings.HasPrefix(l.name, "buzz"):
		return "buzzer"
	case l.sense != "" && !strings.HasPrefix(l.name, "lamp"):
		return "sensor"
	}
	return "lamp"
}

// drawing is the block that shows a gadget. Each line ends the one that it is drawn over.
func drawing(l look) string {
	which, color := 0, faint
	if l.on {
		which, color = 1, lit
	}
	text := []string{"", bold + clip(l.name) + plain + "  " + onOff(l.on), faint + clip(l.ca) + plain, clip(l.link), clip(l.clock), clip(l.sense), faint + clip(l.last) + plain}
	var b strings.Builder
	for i, line := range pictures[kind(l)][which] {
		b.WriteString(color + line + plain + "  " + text[i] + endOfLine)
	}
	return b.String()
}

// clip keeps a text within its line.
func clip(s string) string {
	s = strings.Map(printable, s)
	if utf8.RuneCountInString(s) <= widest {
		return s
	}
	return string([]rune(s)[:widest-1]) + "…"
}

// printable leaves out what would move the cursor.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}
