package sky

import "strings"

// unescape turns escapes into the bytes that they mean, once, and + into a space in forms. ok is false where % begins no escape.
func unescape(s string, form bool) (out string, ok bool) {
	if strings.IndexByte(s, '%') < 0 && (!form || strings.IndexByte(s, '+') < 0) {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			c, ok := escaped(s[i+1:])
			if !ok {
				return "", false
			}
			b = append(b, c)
			i += 2
		case s[i] == '+' && form:
			b = append(b, ' ')
		default:
			b = append(b, s[i])
		}
	}
	return string(b), true
}

// escaped reads the two digits after a %.
func escaped(s string) (c byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	high, low := digit(s[0]), digit(s[1])
	return high<<4 | low, high < 16 && low < 16
}

// digit is the value of a hexadecimal digit; 16 for anything else.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

// appendSegment escapes all but what RFC 3986 calls unreserved.
func appendSegment(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
