package sky

import "strings"

// EventURL is where an event is sent: on any engine's host, which is the base URL of its server. An empty eid is written as none.
func EventURL(host, eci, eid, domain, typ string) string {
	if eid == "" {
		eid = noID
	}
	return urlOf(host, eci, eid, domain, typ)
}

// ChannelURL is how a channel is told to people: what comes before an event's id in EventURL. SplitDoorbell takes it apart.
func ChannelURL(host, eci string) string { return urlOf(host, eci) }

func urlOf(host string, segments ...string) string {
	const event = "/sky/event"
	host = strings.TrimRight(host, "/")
	room := len(host) + len(event) + 16 // for some escapes
	for _, s := range segments {
		room += len("/") + len(s)
	}
	b := append(append(make([]byte, 0, room), host...), event...)
	for _, s := range segments {
		b = appendSegment(append(b, '/'), s)
	}
	return string(b)
}

// leastBare is how long the last segment of a URL is for it to be taken for an ECI without any word before it. Engines' have 22 and more.
const leastBare = 20

// SplitDoorbell finds the channel that a URL leads to: {base}/sky/event/{eci}, {base}/sky/cloud/{eci} and {base}/c/{eci}, whatever follows, and
// {base}/{eci} where the ECI has at least 20 characters of base64url. The base may have a path. host is it without a slash at the end, its
// scheme (http or https) and name in lower case; eci is unescaped. Query and fragment are left out. ok is false for any other URL, and one that bears
// a user.
func SplitDoorbell(url string) (host, eci string, ok bool) {
	origin, path, ok := splitOrigin(url)
	if !ok {
		return "", "", false
	}
	parts := segmentsOf(path)
	at, base := findECI(parts)
	if at < 0 {
		return "", "", false
	}
	eci, ok = unescape(parts[at], false)
	if !ok || !IsECI(eci) {
		return "", "", false
	}
	for _, part := range parts[:base] {
		if whole, fine := unescape(part, false); !fine || isDots(whole) {
			return "", "", false
		}
		origin += "/" + part
	}
	return origin, eci, true
}

// IsBare tells whether SplitDoorbell takes the last segment of a URL for an ECI by its looks alone, without a word before it: it may as well be a page's.
func IsBare(url string) bool {
	_, path, ok := splitOrigin(url)
	at, base := findECI(segmentsOf(path))
	return ok && at >= 0 && at == base
}

func segmentsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// findECI tells which segment is the ECI, and how many belong to the base.
func findECI(parts []string) (at, base int) {
	last := len(parts) - 1
	for i := 0; i+2 <= last; i++ {
		if parts[i] == "sky" && (parts[i+1] == "event" || parts[i+1] == "cloud") {
			return i + 2, i
		}
	}
	for i := 0; i+1 <= last; i++ {
		if parts[i] == "c" {
			return i + 1, i
		}
	}
	if last >= 0 && isBare(parts[last]) {
		return last, last
	}
	return -1, 0
}

func isBare(s string) bool {
	for i := range len(s) {
		if !isUnreserved(s[i]) || s[i] == '.' || s[i] == '~' {
			return false
		}
	}
	return len(s) >= leastBare
}

// inNoURL are visible characters that must be escaped in a URL; some readers take them for others.
const inNoURL = "\\\"<>^{|}`"

// splitOrigin takes a URL's scheme and host off, in lower case, and what comes after the path.
func splitOrigin(url string) (origin, path string, ok bool) {
	scheme, rest, ok := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return "", "", false
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	host, path, _ := strings.Cut(rest, "/")
	if host == "" || host[0] == ':' || strings.ContainsAny(host, "@%") || !IsVisible(rest) || strings.ContainsAny(rest, inNoURL) {
		return "", "", false
	}
	return scheme + "://" + strings.ToLower(host), path, true
}
