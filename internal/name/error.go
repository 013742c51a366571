package name

import "strconv"

// Error tells what is wrong with a name, and where.
type Error struct {
	Input  string // the name as it came
	Reason string // what the grammar asks for
	At     int    // the byte of Input where it went wrong
}

// quoted bounds how much of an input an error repeats.
const quoted = 64

// Error quotes at most 64 bytes of the input, around the place where it went wrong.
func (e *Error) Error() string {
	return "name " + e.excerpt() + ": " + e.Reason + " (at byte " + strconv.Itoa(e.At) + ")"
}

func (e *Error) excerpt() string {
	from := max(0, min(e.At-quoted/2, len(e.Input)-quoted))
	to := min(len(e.Input), from+quoted)
	out := make([]byte, 0, to-from+8)
	if from > 0 {
		out = append(out, "…"...)
	}
	out = append(out, '"')
	for i := from; i < to; i++ {
		out = appendVisible(out, e.Input[i])
	}
	out = append(out, '"')
	if to < len(e.Input) {
		out = append(out, "…"...)
	}
	return string(out)
}

// appendVisible escapes what could upset a terminal or a log.
func appendVisible(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
		return append(dst, c)
	}
	return append(dst, '\\', 'x', hex[c>>4], hex[c&15])
}

// fail makes an error of a flaw in the part of s that starts at a byte, and nil of none.
func fail(s string, start int, f flaw) error {
	if f.reason == "" {
		return nil
	}
	return &Error{Input: s, Reason: f.reason, At: start + f.at}
}
