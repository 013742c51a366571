package name

// Name is a parsed name. App and Host may be empty: the app and the server at hand are meant. The zero Name names nothing.
type Name struct{ App, Owner, Local, Item, Host string }

// Kind says what a name stands for.
type Kind uint8

// The kinds of a name. The zero Kind is that of the zero Name.
const (
	Owner Kind = iota + 1 // alice
	CA                    // alice/home, or a forum topic
	Item                  // alice/home/board
)

// Kind tells how far the name goes.
func (n Name) Kind() Kind {
	switch {
	case n.Item != "":
		return Item
	case n.Local != "":
		return CA
	case n.Owner != "":
		return Owner
	}
	return 0
}

// String is the name's one spelling. Of a complete CA name it is the CA's canonical key, app:owner/local.
func (n Name) String() string {
	size := len(n.App) + len(n.Owner) + len(n.Local) + len(n.Item) + len(n.Host) + 4
	return string(n.Append(make([]byte, 0, size)))
}

// Append appends the name's spelling to dst.
func (n Name) Append(dst []byte) []byte {
	if n.App != "" {
		dst = append(append(dst, n.App...), ':')
	}
	dst = append(dst, n.Owner...)
	if n.Local != "" {
		dst = append(append(dst, '/'), n.Local...)
	}
	if n.Item != "" {
		dst = append(append(dst, '/'), n.Item...)
	}
	if n.Host != "" {
		dst = append(append(dst, '@'), n.Host...)
	}
	return dst
}

// In fills in the app where the name has none.
func (n Name) In(app string) Name {
	if n.App == "" {
		n.App = app
	}
	return n
}

// CA is the name of the CA that an item belongs to: the name without its item.
func (n Name) CA() Name {
	n.Item = ""
	return n
}

// AsOwner is the name of the owner, in the same app and on the same host.
func (n Name) AsOwner() Name {
	n.Local, n.Item = "", ""
	return n
}

// Forum tells whether the name is that of a forum topic.
func (n Name) Forum() bool { return n.Owner == ForumOwner }

// Covers tells whether n, as the pattern of a principal, means the principal p. An owner's name covers the owner and all CAs of
// theirs in that app; a CA's name covers that CA alone. Nothing is filled in: a missing app or host matches only a missing one.
// The zero Name and names of items cover nothing.
func (n Name) Covers(p Name) bool {
	return n.Owner != "" && n.Owner == p.Owner && n.App == p.App && n.Host == p.Host &&
		n.Item == "" && p.Item == "" && (n.Local == "" || n.Local == p.Local)
}
