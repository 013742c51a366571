package name

// Parse reads the name of an owner, a CA or an item. Owners and apps with a reserved name are refused. Errors are *Error.
func Parse(s string) (Name, error) { return parse(s, ownerFlaw) }

// ParseCA reads the name of a CA, and fills in defaultApp where the name has no app: the result has App, Owner and Local, and its
// String is the CA's canonical key. A host stays as it is. Errors are *Error.
func ParseCA(s, defaultApp string) (Name, error) {
	n, err := Parse(s)
	switch {
	case err != nil:
		return Name{}, err
	case n.Local == "":
		return Name{}, fail(s, bodyEnd(s), flaw{reason: "a CA is named owner/local"})
	case n.Item != "":
		return Name{}, fail(s, bodyEnd(s)-len(n.Item)-1, flaw{reason: "a CA is named owner/local, without an item"})
	case n.App == "":
		if f := appFlaw(defaultApp); f.reason != "" {
			return Name{}, fail(s, 0, flaw{reason: "the name has no app, and there is no default one"})
		}
	}
	return n.In(defaultApp), nil
}

// ParseTopic reads the name of a topic: forum/party, or the item alice/home/news. Errors are *Error.
func ParseTopic(s string) (Name, error) {
	n, err := parse(s, labelFlaw)
	switch {
	case err != nil:
		return Name{}, err
	case n.Forum() && n.Kind() == CA, !n.Forum() && n.Kind() == Item:
		return n, nil
	}
	return Name{}, fail(s, bodyEnd(s), flaw{reason: "a topic is named forum/topic or owner/local/topic"})
}

// ParseActor reads the canonical key of what takes messages: that of a CA, app:owner/local, or of a topic. Errors are *Error.
func ParseActor(s string) (Name, error) {
	n, err := parse(s, labelFlaw)
	switch {
	case err != nil:
		return Name{}, err
	case n.App == "" || n.Host != "":
		return Name{}, fail(s, 0, flaw{reason: "what takes messages is named with its app, and without a host"})
	case n.Local == "" || n.Forum() && n.Item != "":
		return Name{}, fail(s, bodyEnd(s), flaw{reason: "a CA is named owner/local, a topic forum/topic or owner/local/topic"})
	}
	return n, nil
}

// Topic tells whether the name can be that of a topic: of a forum's, or of an item.
func (n Name) Topic() bool { return n.Forum() && n.Kind() == CA || !n.Forum() && n.Kind() == Item }

// Check refuses a Name that was put together by hand and does not follow the grammar.
func (n Name) Check() error {
	if n.completeCA() {
		return nil
	}
	s := n.String()
	p, err := Parse(s)
	if err == nil && p != n {
		return fail(s, 0, flaw{reason: "the parts do not form a name"})
	}
	return err
}

// completeCA tells whether n is app:owner/local, without allocating: every request is asked.
func (n Name) completeCA() bool {
	return n.App != "" && n.Item == "" && n.Host == "" &&
		appFlaw(n.App).reason == "" && ownerFlaw(n.Owner).reason == "" && labelFlaw(n.Local).reason == ""
}

// parse splits from the outside in: only a host holds a ':' of its own, so '@' comes first.
func parse(s string, owner func(string) flaw) (Name, error) {
	var n Name
	body, host, hasHost := cut(s, '@')
	if hasHost {
		if f := hostFlaw(host); f.reason != "" {
			return Name{}, fail(s, len(body)+1, f)
		}
		n.Host = host
	}
	at := 0
	if app, rest, ok := cut(body, ':'); ok {
		if f := appFlaw(app); f.reason != "" {
			return Name{}, fail(s, 0, f)
		}
		n.App, body, at = app, rest, len(app)+1
	}
	return n.parsePath(s, body, at, owner)
}

// parsePath reads owner[/local[/item]], which starts at byte at of the whole input s.
func (n Name) parsePath(s, path string, at int, check func(string) flaw) (Name, error) {
	for _, part := range [...]*string{&n.Owner, &n.Local, &n.Item} {
		label, rest, more := cut(path, '/')
		if f := check(label); f.reason != "" {
			return Name{}, fail(s, at, f)
		}
		*part, path, at, check = label, rest, at+len(label)+1, labelFlaw
		if !more {
			return n, nil
		}
	}
	return Name{}, fail(s, at-1, flaw{reason: "a name has at most three parts, owner/local/item"})
}

// bodyEnd is where the host, if any, begins.
func bodyEnd(s string) int {
	body, _, _ := cut(s, '@')
	return len(body)
}
