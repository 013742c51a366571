package name

// Limits of the grammar, in bytes.
const (
	MaxLabel = 63
	MaxHost  = 253 // without the port
)

// ForumOwner owns the forum topics. Nobody can sign in by that name.
const ForumOwner = "forum"

// Owners that nobody can sign in by: of what comes by a channel, and of the CAs that belong to the server itself.
const (
	ChannelOwner = "channel"
	CommonsOwner = "commons"
)

// CheckLabel refuses what is not a label.
func CheckLabel(s string) error { return fail(s, 0, labelFlaw(s)) }

// CheckOwner refuses what nobody can sign in by.
func CheckOwner(s string) error {
	if s == CommonsOwner || s == ChannelOwner {
		return fail(s, 0, flaw{reason: "this owner name is reserved"})
	}
	return fail(s, 0, ownerFlaw(s))
}

// CheckApp refuses what no app can be called. The first segments of the server's own paths are reserved.
func CheckApp(s string) error { return fail(s, 0, appFlaw(s)) }

// A flaw is what is wrong with a part, and where in it. A flaw without a reason is none.
type flaw struct {
	reason string
	at     int
}

func labelFlaw(s string) flaw {
	if s == "" {
		return flaw{reason: "a label is missing here"}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case i == MaxLabel:
			return flaw{"a label has at most 63 characters", i}
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && i > 0 && i < len(s)-1:
		case c == '-':
			return flaw{"a label does not start or end with '-'", i}
		case c >= 'A' && c <= 'Z':
			return flaw{"a label is in lower case", i}
		default:
			return flaw{"a label has only a-z, 0-9 and '-'", i}
		}
	}
	return flaw{}
}

func ownerFlaw(s string) flaw {
	if s == ForumOwner {
		return flaw{reason: "the owner 'forum' is reserved for topics"}
	}
	return labelFlaw(s)
}

func appFlaw(s string) flaw {
	switch s {
	case "api", "account", "sky", "c", "wab", "docs", "inspect", "call":
		return flaw{reason: "this app name is reserved"}
	}
	return labelFlaw(s)
}

func hostFlaw(s string) flaw {
	host, port, hasPort := cut(s, ':')
	if hasPort {
		if f := portFlaw(port); f.reason != "" {
			return flaw{f.reason, len(host) + 1 + f.at}
		}
	}
	if len(host) > MaxHost {
		return flaw{"a host has at most 253 characters", MaxHost}
	}
	for start := 0; ; {
		label, _, more := cut(host[start:], '.')
		if f := labelFlaw(label); f.reason != "" {
			return flaw{f.reason, start + f.at}
		}
		if !more {
			return flaw{}
		}
		start += len(label) + 1
	}
}

// portFlaw accepts 1 to 65535, without leading zeros: one spelling a name.
func portFlaw(s string) flaw {
	n := 0
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]) - '0'
		if s[i] < '0' || s[i] > '9' || n == 0 || n > 65535 {
			return flaw{"a port is a number from 1 to 65535", i}
		}
	}
	if s == "" {
		return flaw{reason: "a port is missing here"}
	}
	return flaw{}
}

// cut splits s around the first c.
func cut(s string, c byte) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
